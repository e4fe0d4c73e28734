import { FilterChainSchema, FilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { ConfigSchema } from '../../../gen/envoy/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { secretType } from '../../ads/type-url.ts';
import type { Front } from '../../ir/front.ts';
import type { FilterChain, TerminatingChain, TerminatingStreamChain } from '../../ir/listener.ts';
import type { RouteTableName, SectionName } from '../../ir/name.ts';
import { contentHash } from '../../lib/hash.ts';
import type { IdentityCache } from '../../lib/identity-cache.ts';
import { unreachable } from '../../lib/never.ts';
import { duration, encode, packAny, type Init } from '../proto.ts';
import { delimited, lengthPrefix } from '../wire.ts';
import { literal } from '../route/header-modification.ts';
import { sectionStateKey } from '../route/section.ts';
import { downstreamTlsSocket } from './downstream-tls.ts';
import { edgeSettings } from './edge-settings.ts';
import { requireClusters } from './forward-requirement.ts';
import { httpConnectionManager } from './http-connection-manager.ts';
import { tcpProxy } from './tcp-proxy.ts';

/** Notes which section the connection came in by; the routes of its table compare it. */
function noteSection(section: SectionName): Init<typeof FilterSchema> {
  const config = packAny(ConfigSchema, {
    onNewConnection: [
      {
        key: { case: 'objectKey', value: sectionStateKey },
        factoryKey: 'envoy.string',
        value: { case: 'formatString', value: { format: { case: 'textFormat', value: literal(section) } } },
        readOnly: true,
      },
    ],
  });
  return { name: 'envoy.filters.network.set_filter_state', configType: { case: 'typedConfig', value: config } };
}

function endOfTls(chain: TerminatingChain | TerminatingStreamChain): Init<typeof FilterChainSchema> {
  return {
    transportSocket: downstreamTlsSocket(chain),
    transportSocketConnectTimeout: duration(edgeSettings.tlsHandshakeTimeoutMs.value),
  };
}

/** The message, apart from a filter that speaks HTTP. */
function chainMessage(chain: FilterChain): Init<typeof FilterChainSchema> {
  const { name } = chain;
  const filterChainMatch = chain.serverName === undefined ? {} : { serverNames: [chain.serverName] };
  // Nothing else would keep plain text out of a chain where TLS does not end.
  const onlyTls = { ...filterChainMatch, transportProtocol: 'tls' };
  switch (chain.kind) {
    case 'Terminate':
      return { name, filterChainMatch, ...endOfTls(chain), filters: [noteSection(chain.section)] };
    case 'TerminateTcp':
      return { name, filterChainMatch, ...endOfTls(chain), filters: [tcpProxy('tls', chain.forward, true)] };
    case 'Passthrough':
      return { name, filterChainMatch: onlyTls, filters: [tcpProxy('tls', chain.forward, false)] };
    case 'Refuse':
      return { name, filterChainMatch: onlyTls, filters: [tcpProxy('tls', undefined, false)] };
    default:
      return unreachable(chain);
  }
}

function requireSecrets({ certificates, clientValidation }: TerminatingChain | TerminatingStreamChain) {
  const names = clientValidation === undefined ? certificates : [...certificates, clientValidation.caSecret];
  return names.map((name): Requirement => ({ typeUrl: secretType, name }));
}

function requirementsOf(chain: FilterChain): readonly Requirement[] {
  switch (chain.kind) {
    case 'Terminate':
      return requireSecrets(chain);
    case 'TerminateTcp':
      return [...requireSecrets(chain), ...requireClusters(chain.forward)];
    case 'Passthrough':
      return requireClusters(chain.forward);
    case 'Refuse':
      return [];
    default:
      return unreachable(chain);
  }
}

/** A chain as bytes in parts, the first of which is the tag that makes it an element of a Listener. */
export interface EncodedChain {
  readonly hash: string;
  readonly parts: readonly Uint8Array[];
  readonly requires: readonly Requirement[];
}

/** Encodes chains, each once for as long as it lives, for each front that it is behind. */
export type ChainEncoder = (chain: FilterChain, front?: Front) => EncodedChain;

const filtersField = FilterChainSchema.field.filters.number;
const chainsField = ListenerSchema.field.filterChains.number;

interface EncodedFilter {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

function encodeManager(routeTable: RouteTableName, front: Front | undefined): EncodedFilter {
  const bytes = delimited(filtersField, encode(FilterSchema, httpConnectionManager(routeTable, 'https', front)));
  return { hash: contentHash(bytes), bytes };
}

/** The filter that speaks HTTP is much the longest part, and the same one for all chains with one route table. */
function createEncoderBehind(front: Front | undefined): (chain: FilterChain) => EncodedChain {
  const managers = new Map<RouteTableName, EncodedFilter>();
  const managerOf = (routeTable: RouteTableName): EncodedFilter => {
    const manager = managers.get(routeTable) ?? encodeManager(routeTable, front);
    managers.set(routeTable, manager);
    return manager;
  };
  return (chain) => {
    const message = encode(FilterChainSchema, chainMessage(chain));
    const manager = chain.kind === 'Terminate' ? managerOf(chain.routeTable) : { hash: '', bytes: new Uint8Array() };
    return {
      hash: contentHash(message, manager.hash),
      parts: [lengthPrefix(chainsField, message.length + manager.bytes.length), message, manager.bytes],
      requires: requirementsOf(chain),
    };
  };
}

export function createChainEncoder(cache: IdentityCache): ChainEncoder {
  const encoders = new Map<string, (chain: FilterChain) => EncodedChain>();
  return (chain, front) => {
    const key = JSON.stringify([front?.proxyProtocol, front?.trustedHops]);
    const encoder = encoders.get(key) ?? createEncoderBehind(front);
    encoders.set(key, encoder);
    return cache.get(encoder, chain);
  };
}
