import type { FilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import {
  TcpProxySchema,
  UpstreamConnectMode,
} from '../../../gen/envoy/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import type { StreamForward } from '../../ir/stream.ts';
import { packAny, type Init, type OneOf } from '../proto.ts';
import { invalidBackend } from '../route/share.ts';
import { streamLog } from './stream-log.ts';

/** An endpoint that does not answer is passed over for another one of the same cluster. */
const connectAttempts = 3;

const dialAfterHandshake = {
  upstreamConnectMode: UpstreamConnectMode.ON_DOWNSTREAM_TLS_HANDSHAKE,
  // What a client may send before the backend is there; Envoy wants to be told.
  maxEarlyDataBytes: 65_536,
};

function clusterSpecifier(forward: StreamForward | undefined): OneOf<typeof TcpProxySchema, 'clusterSpecifier'> {
  const shares = [...(forward?.clusters ?? [])].map(({ cluster, weight }) => ({ name: String(cluster), weight }));
  // No cluster has this name, so that connections which are dealt to it are closed.
  const invalid = { name: invalidBackend, weight: forward?.invalidWeight ?? 0 };
  const clusters = invalid.weight === 0 ? shares : [...shares, invalid];
  const [only = invalid, ...others] = clusters;
  if (others.length === 0) return { case: 'cluster', value: only.name };
  return { case: 'weightedClusters', value: { clusters } };
}

/**
 * Joins both sides of a connection; without `forward` every connection is closed. Behind TLS that ends here no backend
 * is dialled before the handshake is done.
 */
export function tcpProxy(
  statPrefix: 'tcp' | 'tls',
  forward: StreamForward | undefined,
  afterHandshake: boolean,
): Init<typeof FilterSchema> {
  const proxy = packAny(TcpProxySchema, {
    statPrefix,
    clusterSpecifier: clusterSpecifier(forward),
    maxConnectAttempts: connectAttempts,
    ...(afterHandshake ? dialAfterHandshake : {}),
    accessLog: [streamLog(forward?.route)],
  });
  return { name: 'envoy.filters.network.tcp_proxy', configType: { case: 'typedConfig', value: proxy } };
}
