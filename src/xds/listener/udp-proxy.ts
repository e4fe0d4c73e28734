import type { ListenerFilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { UdpProxyConfigSchema } from '../../../gen/envoy/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.js';
import type { DatagramForward } from '../../ir/stream.ts';
import { packAny, type Init } from '../proto.ts';
import { invalidBackend } from '../route/share.ts';
import { streamLog } from './stream-log.ts';

/**
 * Hands datagrams on, a session for each address and port of a client; without `forward` all are dropped, as no cluster
 * has the name. The field is an old one: of the one that is to replace it Envoy says that nobody vouches for it yet.
 */
export function udpProxy(forward: DatagramForward | undefined): Init<typeof ListenerFilterSchema> {
  const proxy = packAny(UdpProxyConfigSchema, {
    statPrefix: 'udp',
    routeSpecifier: { case: 'cluster', value: forward?.cluster ?? invalidBackend },
    accessLog: [streamLog(forward?.route)],
  });
  return { name: 'envoy.filters.udp_listener.udp_proxy', configType: { case: 'typedConfig', value: proxy } };
}
