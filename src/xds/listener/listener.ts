import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { TlsInspectorSchema } from '../../../gen/envoy/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { listenerType, secretType } from '../../ads/type-url.ts';
import type { HttpListener, IngressListener, TlsListener } from '../../ir/listener.ts';
import { unreachable } from '../../lib/never.ts';
import { encodedResource } from '../encoded.ts';
import { duration, encode, packAny } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { edgeSettings } from './edge-settings.ts';
import { buildFilterChain } from './filter-chain.ts';
import { httpConnectionManager } from './http-connection-manager.ts';
import { boundListener } from './bound.ts';

function httpListener(listener: HttpListener): XdsResource {
  const bytes = encode(ListenerSchema, {
    ...boundListener(listener),
    filterChains: [{ name: 'http', filters: [httpConnectionManager(listener.routeTable, 'http')] }],
  });
  return encodedResource(listenerType, listener.name, bytes, listener.origins, []);
}

function secretsOf(listener: TlsListener): readonly Requirement[] {
  const names = new Set(
    listener.chains.flatMap(({ certificates, clientValidation }) =>
      clientValidation === undefined ? certificates : [...certificates, clientValidation.caSecret],
    ),
  );
  return [...names].map((name) => ({ typeUrl: secretType, name }));
}

function tlsListener(listener: TlsListener): XdsResource {
  const inspector = packAny(TlsInspectorSchema, {});
  const bytes = encode(ListenerSchema, {
    ...boundListener(listener),
    listenerFilters: [
      { name: 'envoy.filters.listener.tls_inspector', configType: { case: 'typedConfig', value: inspector } },
    ],
    listenerFiltersTimeout: duration(edgeSettings.listenerFiltersTimeoutMs.value),
    filterChains: listener.chains.map(buildFilterChain),
  });
  return encodedResource(listenerType, listener.name, bytes, listener.origins, secretsOf(listener));
}

/** A Listener. It depends on the Gateway only: a change of routes never touches it. */
export function buildListener(listener: IngressListener): XdsResource {
  switch (listener.kind) {
    case 'Http':
      return httpListener(listener);
    case 'Tls':
      return tlsListener(listener);
    default:
      return unreachable(listener);
  }
}
