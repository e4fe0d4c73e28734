import { gatewayName, originOf, type GatewayName } from '../ir/name.ts';
import type { Memo } from '../lib/memo.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import { compareRefs, objectKey, refOf, type ObjectRef } from '../snapshot/object.ts';
import { translateBackendTlsPolicy } from './gateway-api/backend-tls-policy.ts';
import type { GatewayClassTranslation } from './gateway-api/gateway-class.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import type { HttpRouteTranslation, RouteParent } from './gateway-api/http-route.ts';
import type { IngressesTranslation } from './ingress/ingresses.ts';
import { ingressStatus } from './ingress/status.ts';
import type { TranslateOptions } from './options.ts';
import type { Quarantine } from './quarantine.ts';
import type { TranslationSources } from './sources.ts';
import type { ObjectStatus } from './translation.ts';

/** What the objects come to, one by one. `routes` are in the order of the collection. */
export interface Translated {
  readonly gateways: readonly GatewayTranslation[];
  readonly routes: readonly HttpRouteTranslation[];
  readonly ingresses: IngressesTranslation;
  readonly classes: readonly (GatewayClassTranslation & { readonly ref: ObjectRef })[];
}

export interface Statuses {
  /** Sorted by kind, namespace and name. */
  readonly statuses: readonly ObjectStatus[];
  readonly diagnostics: readonly Diagnostic[];
}

/** How many Routes are attached to each listener, by Gateway and listener name (ListenerStatus.attachedRoutes). */
function countAttachedRoutes(routes: readonly HttpRouteTranslation[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const route of routes) {
    for (const { gateway, listener } of route.attached) {
      const key = `${gateway} ${listener}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function gatewayStatus(gateway: GatewayTranslation, attached: ReadonlyMap<string, number>): ObjectStatus {
  return {
    ref: gateway.gateway,
    status: {
      addresses: gateway.addresses.map((value) => ({ type: 'IPAddress', value })),
      conditions: gateway.conditions,
      listeners: gateway.listeners.map((listener) => ({
        name: listener.name,
        supportedKinds: listener.supportedKinds,
        attachedRoutes: attached.get(`${gateway.name} ${listener.name}`) ?? 0,
        conditions: listener.conditions,
      })),
    },
  };
}

/** What Envoy refuses is not accepted, whatever translation thought of it. */
function refuseParent(parent: RouteParent, message: string): RouteParent {
  const conditions = parent.conditions.map((condition) =>
    condition.type === 'Accepted'
      ? { ...condition, status: 'False' as const, reason: 'UnsupportedValue', message: `Envoy refuses it: ${message}` }
      : condition,
  );
  return { ...parent, conditions };
}

function routeStatus(ref: ObjectRef, route: HttpRouteTranslation, quarantine: Quarantine): ObjectStatus {
  if (quarantine.size === 0) return { ref, status: { parents: route.parents } };
  const origin = originOf(objectKey(ref));
  const parents = route.parents.map((parent) => {
    const gateway = gatewayName(parent.parentRef.namespace ?? ref.namespace, parent.parentRef.name);
    const message = quarantine.get(gateway)?.get(origin);
    return message === undefined ? parent : refuseParent(parent, message);
  });
  return { ref, status: { parents } };
}

/** Gateways (`namespace/name`) by the Services that their routes lead to: the ancestors of the Services' policies. */
function gatewaysByService(routes: readonly HttpRouteTranslation[]): ReadonlyMap<string, ReadonlySet<GatewayName>> {
  const byService = new Map<string, Set<GatewayName>>();
  for (const route of routes) {
    for (const service of route.services) {
      const known = byService.get(service) ?? new Set();
      for (const { gateway } of route.attached) known.add(gateway);
      byService.set(service, known);
    }
  }
  return byService;
}

/** The statuses of the policies, which depend on the routes that lead to what they target. */
export function translatePolicies(
  memo: Memo<TranslationSources>,
  sources: TranslationSources,
  { routes, gateways }: Translated,
  options: TranslateOptions,
): Statuses {
  if (sources.BackendTLSPolicy.size === 0) return { statuses: [], diagnostics: [] };
  const byService = gatewaysByService(routes);
  const statuses: ObjectStatus[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [key, policy] of sources.BackendTLSPolicy) {
    const namespace = policy.metadata.namespace ?? 'default';
    const names = new Set(
      policy.spec.targetRefs.flatMap((target) => [...(byService.get(`${namespace}/${target.name}`) ?? [])]),
    );
    const refs = gateways.filter((gateway) => names.has(gateway.name)).map((gateway) => gateway.gateway);
    const ancestors = memo.list(`ancestors/${key}`, refs);
    const status = memo.track(translateBackendTlsPolicy, key, sources, policy, ancestors, options);
    statuses.push({ ref: refOf(policy), status: { ancestors: status.ancestors } });
    diagnostics.push(...status.diagnostics);
  }
  return { statuses, diagnostics };
}

function ingressStatuses({ ingresses, gateways }: Translated): readonly ObjectStatus[] {
  const addressesOf = new Map(gateways.map((gateway) => [gateway.name, gateway.addresses]));
  return ingresses.served.map(({ ingress, gateway }) => {
    const addresses = gateway === undefined ? [] : (addressesOf.get(gateway) ?? []);
    return { ref: ingress, status: ingressStatus(addresses.map((value) => ({ type: 'IPAddress', value }))) };
  });
}

/** Names the objects that Envoy refuses. */
export function diagnoseQuarantine(quarantine: Quarantine): readonly Diagnostic[] {
  return [...quarantine].flatMap(([gateway, leftOut]) =>
    [...leftOut].flatMap(([origin, said]): Diagnostic[] => {
      if (said === undefined) return [];
      const [kind, namespace, name] = origin.split('/');
      const message = `Envoy refuses it, so Gateway ${gateway} leaves it out until it changes: ${said}`;
      // An origin is the key of the object that it came from.
      const object = { kind: kind as ObjectRef['kind'], namespace: namespace ?? '', name: name ?? '' };
      return [{ severity: 'error', reason: 'RefusedByEnvoy', message, object }];
    }),
  );
}

/** The statuses of all objects that are ours to judge, sorted by kind, namespace and name. */
export function assembleStatuses(
  sources: TranslationSources,
  translated: Translated,
  policies: Statuses,
  quarantine: Quarantine,
  others: readonly ObjectStatus[],
): readonly ObjectStatus[] {
  const attached = countAttachedRoutes(translated.routes);
  const routes = [...sources.HTTPRoute.values()].flatMap((object, index) => {
    const route = translated.routes[index];
    return route === undefined || route.parents.length === 0 ? [] : [routeStatus(refOf(object), route, quarantine)];
  });
  const statuses = [
    ...translated.classes.map(({ ref, status }) => ({ ref, status })),
    ...translated.gateways.map((gateway) => gatewayStatus(gateway, attached)),
    ...routes,
    ...policies.statuses,
    ...ingressStatuses(translated),
    ...others,
  ];
  return statuses.sort((a, b) => compareRefs(a.ref, b.ref));
}
