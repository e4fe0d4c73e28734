import type { Any } from '@bufbuild/protobuf/wkt';

/** Names of the HTTP filters in every listener's fixed list. A route switches one on by configuring it by its name. */
export const httpFilterNames = {
  headerToMetadata: 'envoy.filters.http.header_to_metadata',
  cors: 'envoy.filters.http.cors',
  externalAuth: 'sallyport.external_auth',
  lua: 'envoy.filters.http.lua',
  statefulSession: 'envoy.filters.http.stateful_session',
  router: 'envoy.filters.http.router',
} as const;

export type HttpFilterName = (typeof httpFilterNames)[keyof typeof httpFilterNames];

/** A filter's configuration on one route. */
export type RouteFilter = readonly [HttpFilterName, Any];
