import { RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterType } from '../../ads/type-url.ts';
import type { Origin } from '../../ir/name.ts';
import type { Route } from '../../ir/route.ts';
import { contentHash } from '../../lib/hash.ts';
import { unreachable } from '../../lib/never.ts';
import { fraction } from '../fraction.ts';
import { encode, sortedMap, type Init } from '../proto.ts';
import { corsVariants } from './cors.ts';
import { buildExternalAuth } from './external-auth.ts';
import { buildForward } from './forward.ts';
import { headersToAdd } from './header-modification.ts';
import { buildMatch } from './match.ts';
import { buildRedirect } from './redirect.ts';
import { wholePart, type RoutePart } from './route-part.ts';

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

function partsOf(route: Route): readonly RoutePart[] {
  const { action } = route;
  switch (action.kind) {
    case 'Forward':
      return buildForward(route, action);
    case 'Redirect':
      return buildRedirect(route, action);
    case 'DirectResponse':
      return [
        wholePart({
          ...directResponse(action.statusCode),
          responseHeadersToAdd: headersToAdd(route.responseHeaders),
          responseHeadersToRemove: [...route.responseHeaders.remove],
        }),
      ];
    default:
      return unreachable(action);
  }
}

function requirementsOf({ action, externalAuth }: Route): readonly Requirement[] {
  const forwards = action.kind === 'Forward' ? [...action.clusters, ...action.mirrors] : [];
  const users = externalAuth === undefined ? forwards : [...forwards, externalAuth];
  const names = new Set(users.map(({ cluster }) => cluster));
  return [...names].map((name) => ({ typeUrl: clusterType, name }));
}

/** Encodes a route once, for all virtual hosts that hold it. */
export function encodeRoute(route: Route): EncodedRoute {
  const parts = partsOf(route);
  const auth = buildExternalAuth(route.externalAuth);
  const common: RouteInit = {
    name: route.name,
    metadata: {
      filterMetadata: { [metadataNamespace]: { origin: route.origin, rule: route.ruleName ?? String(route.rule) } },
    },
  };
  const messages = corsVariants(route.cors, route.match).flatMap((variant) => {
    if (variant.refusePreflight) {
      return [
        encode(RouteSchema, { ...common, ...directResponse(204), match: buildMatch(route.match, variant.conditions) }),
      ];
    }
    return parts.map(({ route: part, conditions, filters, below }) => {
      const match = buildMatch(route.match, [...variant.conditions, ...conditions]);
      return encode(RouteSchema, {
        ...common,
        ...part,
        match:
          below === undefined ? match : { ...match, runtimeFraction: fraction(below.numerator, below.denominator) },
        typedPerFilterConfig: sortedMap([...variant.filters, ...auth, ...filters]),
      });
    });
  });
  return { hash: contentHash(...messages), origin: route.origin, messages, requires: requirementsOf(route) };
}
