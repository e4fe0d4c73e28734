import type { Any } from '@bufbuild/protobuf/wkt';
import { ExtensionWithMatcherSchema } from '../../../gen/envoy/envoy/extensions/common/matching/v3/extension_matcher_pb.js';
import { CompositeSchema } from '../../../gen/envoy/envoy/extensions/filters/http/composite/v3/composite_pb.js';
import { CorsSchema } from '../../../gen/envoy/envoy/extensions/filters/http/cors/v3/cors_pb.js';
import { ConfigSchema as HeaderToMetadataSchema } from '../../../gen/envoy/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js';
import { LuaSchema } from '../../../gen/envoy/envoy/extensions/filters/http/lua/v3/lua_pb.js';
import { RouterSchema } from '../../../gen/envoy/envoy/extensions/filters/http/router/v3/router_pb.js';
import { StatefulSessionSchema } from '../../../gen/envoy/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js';
import type { HttpFilterSchema } from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { httpFilterNames, type HttpFilterName } from '../http-filter.ts';
import { packAny, type Init } from '../proto.ts';

type HttpFilterInit = Init<typeof HttpFilterSchema>;

function off(name: HttpFilterName, config: Any): HttpFilterInit {
  return { name, configType: { case: 'typedConfig', value: config }, disabled: true };
}

/**
 * The same filters on every listener, all off: what a route needs it switches on by itself, so that no route's change
 * is a listener's change, which would drain connections. A request meets them from first to last, an answer from last
 * to first: the script that shortens session cookies stands before the filter that makes them.
 */
export const httpFilters: readonly HttpFilterInit[] = [
  off(httpFilterNames.headerToMetadata, packAny(HeaderToMetadataSchema, {})),
  off(httpFilterNames.cors, packAny(CorsSchema, {})),
  off(
    httpFilterNames.externalAuth,
    packAny(ExtensionWithMatcherSchema, {
      extensionConfig: { name: 'envoy.filters.http.composite', typedConfig: packAny(CompositeSchema, {}) },
      xdsMatcher: {},
    }),
  ),
  off(httpFilterNames.lua, packAny(LuaSchema, {})),
  off(httpFilterNames.statefulSession, packAny(StatefulSessionSchema, {})),
  {
    name: httpFilterNames.router,
    // Envoy's own headers tell clients and backends about what they need not know.
    configType: { case: 'typedConfig', value: packAny(RouterSchema, { suppressEnvoyHeaders: true }) },
  },
];
