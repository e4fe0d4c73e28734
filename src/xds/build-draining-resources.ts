import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { HttpProtocolOptionsSchema } from '../../gen/envoy/envoy/config/core/v3/protocol_pb.js';
import type { Filter } from '../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { type Listener, ListenerSchema } from '../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { HttpConnectionManagerSchema } from '../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { listenerType } from '../ads/type-url.ts';
import type { ResourcesByType } from './build-resources.ts';
import { encodedResource } from './encoded.ts';
import type { XdsResource } from './resource.ts';

/** True if the filter speaks HTTP; it then closes each connection after one request. */
function limitFilter({ configType }: Filter): boolean {
  if (configType.case !== 'typedConfig') return false;
  const manager = anyUnpack(configType.value, HttpConnectionManagerSchema);
  if (manager === undefined) return false;
  const options = manager.commonHttpProtocolOptions ?? create(HttpProtocolOptionsSchema);
  options.maxRequestsPerConnection = 1;
  manager.commonHttpProtocolOptions = options;
  configType.value = anyPack(HttpConnectionManagerSchema, manager);
  return true;
}

function filtersOf({ filterChains, defaultFilterChain }: Listener): readonly Filter[] {
  const chains = defaultFilterChain === undefined ? filterChains : [...filterChains, defaultFilterChain];
  return chains.flatMap(({ filters }) => filters);
}

function drainingListener(serving: XdsResource): XdsResource {
  const listener = fromBinary(ListenerSchema, serving.body);
  const limited = filtersOf(listener).filter(limitFilter);
  if (limited.length === 0) return serving;
  const origins = [...serving.fragments()].flatMap((fragment) => fragment.origins);
  return encodedResource(listenerType, serving.name, toBinary(ListenerSchema, listener), origins, serving.requires);
}

/**
 * What an Envoy that is about to go gets instead: the same, but its listeners take one request a connection. Envoy
 * replaces the filter chains that changed, tells the clients of their connections to go after the response in flight,
 * and serves those who still come. TCP and UDP stay as they are.
 */
export function buildDrainingResources(serving: ResourcesByType): ResourcesByType {
  const listeners = [...(serving.get(listenerType)?.values() ?? [])].map(drainingListener);
  return new Map([...serving, [listenerType, new Map(listeners.map((listener) => [listener.name, listener]))]]);
}
