import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterType, listenerType } from '../../ads/type-url.ts';
import type { HttpListener, IngressListener, TcpListener, TlsListener, UdpListener } from '../../ir/listener.ts';
import { contentHash } from '../../lib/hash.ts';
import { unreachable } from '../../lib/never.ts';
import { encodedResource } from '../encoded.ts';
import { encode } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import type { ChainEncoder, EncodedChain } from './filter-chain.ts';
import { requireClusters } from './forward-requirement.ts';
import { httpConnectionManager } from './http-connection-manager.ts';
import { boundListener } from './bound.ts';
import { firstBytes } from './listener-filters.ts';
import { tcpProxy } from './tcp-proxy.ts';
import { udpProxy } from './udp-proxy.ts';

function httpListener(listener: HttpListener): XdsResource {
  const bytes = encode(ListenerSchema, {
    ...boundListener(listener),
    ...firstBytes(listener.front, false),
    filterChains: [{ name: 'http', filters: [httpConnectionManager(listener.routeTable, 'http', listener.front)] }],
  });
  return encodedResource(listenerType, listener.name, bytes, listener.origins, []);
}

/** Each once. */
function requirementsOf(chains: readonly EncodedChain[]): readonly Requirement[] {
  const all = chains.flatMap(({ requires }) => requires);
  return [...new Map(all.map((requirement) => [`${requirement.typeUrl} ${requirement.name}`, requirement])).values()];
}

/** Joined from its chains' bytes when it is sent; its version is the hash of their hashes. */
function tlsListener(listener: TlsListener, encodeChain: ChainEncoder): XdsResource {
  const { name, front, origins } = listener;
  const chains = listener.chains.map((chain) => encodeChain(chain, front));
  const head = encode(ListenerSchema, { ...boundListener(listener), ...firstBytes(front, true) });
  const version = contentHash(head, chains.map(({ hash }) => hash).join());
  let body: Buffer | undefined;
  return {
    typeUrl: listenerType,
    name,
    version,
    get body() {
      return (body ??= Buffer.concat([head, ...chains.flatMap(({ parts }) => parts)]));
    },
    requires: requirementsOf(chains),
    fragments: () => [{ hash: version, origins }],
  };
}

function tcpListener(listener: TcpListener): XdsResource {
  const bytes = encode(ListenerSchema, {
    ...boundListener(listener),
    ...firstBytes(listener.front, false),
    filterChains: [{ name: 'tcp', filters: [tcpProxy('tcp', listener.forward, false)] }],
  });
  return encodedResource(listenerType, listener.name, bytes, listener.origins, requireClusters(listener.forward));
}

function udpListener(listener: UdpListener): XdsResource {
  const { forward } = listener;
  const bytes = encode(ListenerSchema, {
    ...boundListener(listener, 'UDP'),
    udpListenerConfig: {},
    listenerFilters: [udpProxy(forward)],
  });
  const requires = forward === undefined ? [] : [{ typeUrl: clusterType, name: forward.cluster }];
  return encodedResource(listenerType, listener.name, bytes, listener.origins, requires);
}

/** A Listener. Where it speaks HTTP it depends on the Gateway only: a change of such routes never touches it. */
export function buildListener(listener: IngressListener, encodeChain: ChainEncoder): XdsResource {
  switch (listener.kind) {
    case 'Http':
      return httpListener(listener);
    case 'Tls':
      return tlsListener(listener, encodeChain);
    case 'Tcp':
      return tcpListener(listener);
    case 'Udp':
      return udpListener(listener);
    default:
      return unreachable(listener);
  }
}
