import type { ClusterName } from '../ir/name.ts';
import type { RouteTranslation } from './gateway-api/route.ts';
import type { Condition } from './translation.ts';

/** Clusters with addresses that are not used, and why. */
export type RefusedEndpoints = ReadonlyMap<ClusterName, string>;

const reason = 'RefusedEndpoints';

function refuse(condition: Condition, message: string): Condition {
  if (condition.type !== 'ResolvedRefs' || condition.status === 'False') return condition;
  return { ...condition, status: 'False', reason, message };
}

function tell(route: RouteTranslation, message: string): RouteTranslation {
  return {
    ...route,
    parents: route.parents.map((parent) => ({
      ...parent,
      conditions: parent.conditions.map((condition) => refuse(condition, message)),
    })),
    diagnostics: [...route.diagnostics, { severity: 'error', reason, message, object: route.ref }],
  };
}

/**
 * Routes as their statuses are to tell of them: who writes a Service's endpoints may not be who writes the route, and
 * sees by it that some are not used. What routes do does not depend on it, so endpoints still change by themselves.
 */
export function tellRefusedEndpoints(
  routes: readonly RouteTranslation[],
  gateways: readonly { readonly refusedEndpoints: RefusedEndpoints }[],
): readonly RouteTranslation[] {
  const refused: RefusedEndpoints = new Map(gateways.flatMap(({ refusedEndpoints }) => [...refusedEndpoints]));
  if (refused.size === 0) return routes;
  return routes.map((route) => {
    const messages = new Set(route.clusters.flatMap(({ name }) => refused.get(name) ?? []));
    return messages.size === 0 ? route : tell(route, [...messages].join(' '));
  });
}
