import type { RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { RouteFilter } from '../http-filter.ts';
import type { Init } from '../proto.ts';
import type { HeaderMatcherInit } from './match.ts';

/** One of the Envoy routes that a route's action comes to, tried in order: it takes what meets its own conditions. */
export interface RoutePart {
  readonly route: Init<typeof RouteSchema>;
  readonly conditions: readonly HeaderMatcherInit[];
  readonly filters: readonly RouteFilter[];
  /** The part of requests that this and the parts before it take. */
  readonly below?: { readonly numerator: number; readonly denominator: number };
}

export function wholePart(route: Init<typeof RouteSchema>, filters: readonly RouteFilter[] = []): RoutePart {
  return { route, conditions: [], filters };
}
