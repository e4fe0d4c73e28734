import type { ListenerFilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import type { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { ProxyProtocolSchema } from '../../../gen/envoy/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js';
import { TlsInspectorSchema } from '../../../gen/envoy/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import type { Front } from '../../ir/front.ts';
import { duration, packAny, type Init } from '../proto.ts';
import { edgeSettings } from './edge-settings.ts';

type ListenerFilter = Init<typeof ListenerFilterSchema>;

/** Connections without the header are closed: whoever comes without the proxy in front is not to be believed. */
const proxyProtocol: ListenerFilter = {
  name: 'envoy.filters.listener.proxy_protocol',
  configType: { case: 'typedConfig', value: packAny(ProxyProtocolSchema, {}) },
};

const tlsInspector: ListenerFilter = {
  name: 'envoy.filters.listener.tls_inspector',
  configType: { case: 'typedConfig', value: packAny(TlsInspectorSchema, {}) },
};

/** What reads the first bytes of a connection, before anything is decided about it: at first what a proxy put there. */
export function firstBytes(
  front: Front | undefined,
  inspectTls: boolean,
): Pick<Init<typeof ListenerSchema>, 'listenerFilters' | 'listenerFiltersTimeout'> {
  const listenerFilters = [
    ...(front?.proxyProtocol === true ? [proxyProtocol] : []),
    ...(inspectTls ? [tlsInspector] : []),
  ];
  if (listenerFilters.length === 0) return {};
  return { listenerFilters, listenerFiltersTimeout: duration(edgeSettings.listenerFiltersTimeoutMs.value) };
}
