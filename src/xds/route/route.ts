import { RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterType } from '../../ads/type-url.ts';
import type { Origin } from '../../ir/name.ts';
import type { Route } from '../../ir/route.ts';
import { contentHash } from '../../lib/hash.ts';
import { unreachable } from '../../lib/never.ts';
import { fraction } from '../fraction.ts';
import type { RouteFilter } from '../http-filter.ts';
import { encode, sortedMap, type Init } from '../proto.ts';
import { corsVariants } from './cors.ts';
import { buildForward, type ForwardPart } from './forward.ts';
import { headersToAdd } from './header-modification.ts';
import { buildMatch } from './match.ts';
import { buildRedirect } from './redirect.ts';
import { buildSessionPersistence } from './session-persistence.ts';
import { stripHostPort } from './strip-host-port.ts';

type RouteInit = Init<typeof RouteSchema>;

/** A route as bytes: usually one Envoy route, several where Envoy needs cases told apart, tried in this order. */
export interface EncodedRoute {
  readonly hash: string;
  readonly origin: Origin;
  readonly messages: readonly Uint8Array[];
  readonly requires: readonly Requirement[];
}

/** Key of a route's metadata: the access log tells by it which object and rule a request met. */
export const metadataNamespace = 'sallyport.dev';

function directResponse(status: number): RouteInit {
  return { action: { case: 'directResponse', value: { status } } };
}

interface Action {
  readonly parts: readonly ForwardPart[];
  readonly filters: readonly RouteFilter[];
  readonly clusters: readonly string[];
}

function buildAction(route: Route): Action {
  const { action } = route;
  const responseHeaders: RouteInit = {
    responseHeadersToAdd: headersToAdd(route.responseHeaders),
    responseHeadersToRemove: [...route.responseHeaders.remove],
  };
  switch (action.kind) {
    case 'Forward':
      return {
        parts: buildForward(route, action),
        filters: buildSessionPersistence(action.sessionPersistence),
        clusters: [...action.clusters, ...action.mirrors].map(({ cluster }) => cluster),
      };
    case 'Redirect':
      return {
        parts: [{ route: { action: { case: 'redirect', value: buildRedirect(action) }, ...responseHeaders } }],
        filters: action.port === undefined && action.hostname === undefined ? stripHostPort() : [],
        clusters: [],
      };
    case 'DirectResponse':
      return {
        parts: [{ route: { ...directResponse(action.statusCode), ...responseHeaders } }],
        filters: [],
        clusters: [],
      };
    default:
      return unreachable(action);
  }
}

/** Encodes a route once, for all virtual hosts that hold it. */
export function encodeRoute(route: Route): EncodedRoute {
  const { parts, filters, clusters } = buildAction(route);
  const common: RouteInit = {
    name: route.name,
    metadata: {
      filterMetadata: { [metadataNamespace]: { origin: route.origin, rule: route.ruleName ?? String(route.rule) } },
    },
  };
  const messages = corsVariants(route.cors, route.match).flatMap((variant) => {
    const match = buildMatch(route.match, variant.conditions);
    if (variant.refusePreflight) return [encode(RouteSchema, { ...common, ...directResponse(204), match })];
    return parts.map(({ route: part, below }) =>
      encode(RouteSchema, {
        ...common,
        ...part,
        match: below === undefined ? match : { ...match, runtimeFraction: fraction(below.numerator, below.denominator) },
        typedPerFilterConfig: sortedMap([...variant.filters, ...filters]),
      }),
    );
  });
  return {
    hash: contentHash(...messages),
    origin: route.origin,
    messages,
    requires: [...new Set(clusters)].map((name) => ({ typeUrl: clusterType, name })),
  };
}
