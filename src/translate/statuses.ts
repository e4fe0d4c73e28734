import { originOf, type GatewayName } from '../ir/name.ts';
import { changeSorted, diffLists } from '../lib/list-change.ts';
import type { Last, Memo } from '../lib/memo.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import { type AnyObject, compareRefs, objectKey, refOf, type ObjectRef } from '../snapshot/object.ts';
import { serviceNameOf } from '../snapshot/service-name.ts';
import { type BackendPolicyTranslation, translateBackendTlsPolicy } from './gateway-api/backend-tls-policy.ts';
import { translateBackendTrafficPolicy } from './gateway-api/backend-traffic-policy.ts';
import { cutMessage } from './gateway-api/condition.ts';
import { translateExternalBackend } from './gateway-api/external-backend.ts';
import type { GatewayClassTranslation } from './gateway-api/gateway-class.ts';
import type { GatewayReach } from './gateway-api/gateway-reach.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import type { RouteParent, RouteTranslation } from './gateway-api/route.ts';
import { refOfOrigin } from './origin.ts';
import type { IngressesTranslation } from './ingress/ingresses.ts';
import { ingressStatus } from './ingress/status.ts';
import type { TranslateOptions } from './options.ts';
import { type AttachedRoutes, attachedKey, countsOf, listenerSetStatus, listenerStatuses } from './listener-status.ts';
import type { ListenerSets } from './listener-sets.ts';
import type { Quarantine } from './quarantine.ts';
import { conditionsAt, findReach } from './reach.ts';
import type { TranslationSources } from './sources.ts';
import type { ObjectStatus } from './translation.ts';

/** What the objects come to, one by one. */
export interface Translated {
  readonly gateways: readonly GatewayTranslation[];
  readonly listenerSets: ListenerSets;
  readonly routes: readonly RouteTranslation[];
  readonly judged: JudgedRoutes;
  readonly ingresses: IngressesTranslation;
  readonly classes: readonly (GatewayClassTranslation & { readonly ref: ObjectRef })[];
}

/** What is said of routes, and what of them their Gateways count. */
interface JudgedRoutes {
  readonly attached: AttachedRoutes;
  /** Sorted by kind, namespace and name. */
  readonly statuses: readonly ObjectStatus[];
}

export interface Statuses {
  /** Sorted by kind, namespace and name. */
  readonly statuses: readonly ObjectStatus[];
  readonly diagnostics: readonly Diagnostic[];
}

function countRoutes(counts: Map<string, number>, routes: readonly RouteTranslation[], times: 1 | -1): void {
  for (const { attached } of routes) {
    for (const { gateway, section } of attached) {
      const key = attachedKey(gateway, section);
      const count = (counts.get(key) ?? 0) + times;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    }
  }
}

function countAttachedRoutes(
  routes: readonly RouteTranslation[],
  last: Last<readonly RouteTranslation[], AttachedRoutes> | undefined,
): AttachedRoutes {
  const counts = new Map(last?.result);
  const { before, after } = diffLists(last?.input ?? [], routes);
  countRoutes(counts, before, -1);
  countRoutes(counts, after, 1);
  return counts;
}

/** Where the Gateways are reached. */
type Reaches = ReadonlyMap<GatewayName, GatewayReach>;

const nowhere: GatewayReach = { addresses: [] };

function gatewayStatus(
  gateway: GatewayTranslation,
  attachedListenerSets: number,
  reach: GatewayReach,
  ...counts: readonly number[]
): ObjectStatus {
  return {
    ref: gateway.gateway,
    status: {
      addresses: reach.addresses,
      ...(gateway.allowsListenerSets ? { attachedListenerSets } : {}),
      conditions: conditionsAt(reach, gateway.conditions),
      listeners: listenerStatuses(gateway.listeners, counts),
    },
  };
}

/** What Envoy refuses is not accepted, whatever translation thought of it. */
function refuseParent(parent: RouteParent, message: string): RouteParent {
  const conditions = parent.conditions.map((condition) =>
    condition.type === 'Accepted'
      ? {
          ...condition,
          status: 'False' as const,
          reason: 'UnsupportedValue',
          message: cutMessage(`Envoy refuses it: ${message}`),
        }
      : condition,
  );
  return { ...parent, conditions };
}

/** The status of a route as translation has it; while the route stays, so does the value. */
function routeStatus({ ref, parents }: Pick<RouteTranslation, 'ref' | 'parents'>): ObjectStatus {
  return {
    ref,
    status: {
      parents: parents.map(({ parentRef, controllerName, conditions }) => ({ parentRef, controllerName, conditions })),
    },
  };
}

function listRouteStatuses(
  memo: Memo<TranslationSources>,
  routes: readonly RouteTranslation[],
  quarantine: Quarantine,
): readonly ObjectStatus[] {
  if (quarantine.size === 0) return memo.mapList(routeStatus, '', routes);
  return routes.map((route) => {
    const { ref, parents } = route;
    const origin = originOf(objectKey(ref));
    const messages = parents.map(({ gateway }) => quarantine.get(gateway)?.get(origin));
    if (messages.every((message) => message === undefined)) return memo.once(routeStatus, route);
    const refused = parents.map((parent, at) => {
      const message = messages[at];
      return message === undefined ? parent : refuseParent(parent, message);
    });
    return routeStatus({ ref, parents: refused });
  });
}

function compareStatuses(a: ObjectStatus, b: ObjectStatus): number {
  return compareRefs(a.ref, b.ref);
}

function sortStatuses(
  statuses: readonly ObjectStatus[],
  last: Last<readonly ObjectStatus[], readonly ObjectStatus[]> | undefined,
): readonly ObjectStatus[] {
  if (last === undefined) return statuses.toSorted(compareStatuses);
  return changeSorted(last.result, diffLists(last.input, statuses), compareStatuses);
}

/** What routes come to in statuses: from those of last time, so that one among thousands costs little. */
export function judgeRoutes(
  memo: Memo<TranslationSources>,
  routes: readonly RouteTranslation[],
  quarantine: Quarantine,
): JudgedRoutes {
  const judged = memo.list(
    'judged',
    routes.filter(({ parents }) => parents.length > 0),
  );
  return {
    attached: memo.evolve(countAttachedRoutes, '', routes),
    statuses: memo.evolve(sortStatuses, '', listRouteStatuses(memo, judged, quarantine)),
  };
}

/** Gateways (`namespace/name`) by the Services that their routes lead to: the ancestors of the Services' policies. */
function gatewaysByService(routes: readonly RouteTranslation[]): ReadonlyMap<string, ReadonlySet<GatewayName>> {
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

/** The statuses of policies and XBackends, which depend on the routes that lead to them. */
export function translatePolicies(
  memo: Memo<TranslationSources>,
  sources: TranslationSources,
  { routes, gateways }: Translated,
  options: TranslateOptions,
): Statuses {
  const { BackendTLSPolicy: tlsPolicies, XBackendTrafficPolicy: trafficPolicies, XBackend: backends } = sources;
  if (tlsPolicies.size + trafficPolicies.size + backends.size === 0) return { statuses: [], diagnostics: [] };
  const byService = gatewaysByService(routes);
  const statuses: ObjectStatus[] = [];
  const diagnostics: Diagnostic[] = [];
  const gatewaysOf = (key: string, { metadata }: AnyObject, targets: readonly { readonly name: string }[]) => {
    const namespace = metadata.namespace ?? 'default';
    const names = new Set(targets.flatMap(({ name }) => [...(byService.get(`${namespace}/${name}`) ?? [])]));
    const refs = gateways.filter((gateway) => names.has(gateway.name)).map((gateway) => gateway.gateway);
    return memo.list(`ancestors/${key}`, refs);
  };
  const tell = (ref: ObjectRef, told: BackendPolicyTranslation) => {
    statuses.push({ ref, status: { ancestors: told.ancestors } });
    diagnostics.push(...told.diagnostics);
  };
  for (const [key, policy] of tlsPolicies) {
    const ancestors = gatewaysOf(key, policy, policy.spec.targetRefs);
    tell(refOf(policy), memo.track(translateBackendTlsPolicy, key, sources, policy, ancestors, options));
  }
  for (const [key, policy] of trafficPolicies) {
    const ancestors = gatewaysOf(key, policy, policy.spec.targetRefs);
    tell(refOf(policy), memo.track(translateBackendTrafficPolicy, key, sources, policy, ancestors, options));
  }
  for (const [key, backend] of backends) {
    const parents = gatewaysOf(key, backend, [{ name: serviceNameOf('XBackend', backend.metadata.name) }]);
    const told = memo.track(translateExternalBackend, key, sources, backend, parents, options);
    statuses.push({ ref: refOf(backend), status: { parents: told.parents } });
    diagnostics.push(...told.diagnostics);
  }
  return { statuses, diagnostics };
}

function ingressStatuses({ ingresses }: Translated, reaches: Reaches): readonly ObjectStatus[] {
  return ingresses.served.map(({ ingress, gateway }) => {
    const { addresses } = (gateway === undefined ? undefined : reaches.get(gateway)) ?? nowhere;
    return { ref: ingress, status: ingressStatus(addresses) };
  });
}

/** Names the objects that Envoy refuses. */
export function diagnoseQuarantine(quarantine: Quarantine): readonly Diagnostic[] {
  return [...quarantine].flatMap(([gateway, leftOut]) =>
    [...leftOut].flatMap(([origin, said]): Diagnostic[] => {
      if (said === undefined) return [];
      const message = `Envoy refuses it, so Gateway ${gateway} leaves it out until it changes: ${said}`;
      return [{ severity: 'error', reason: 'RefusedByEnvoy', message, object: refOfOrigin(origin) }];
    }),
  );
}

/** The statuses of all objects that are ours to judge, sorted by kind, namespace and name. */
export function assembleStatuses(
  memo: Memo<TranslationSources>,
  sources: TranslationSources,
  options: TranslateOptions,
  translated: Translated,
  policies: Statuses,
  quarantine: Quarantine,
  others: readonly ObjectStatus[],
): readonly ObjectStatus[] {
  const { listenerSets, judged } = translated;
  const { attached } = judged;
  const reaches: Reaches = new Map(
    translated.gateways.map(({ name, gateway, addresses }) => [
      name,
      findReach(memo, sources, options, gateway, addresses),
    ]),
  );
  const statuses = [
    ...translated.classes.map(({ ref, status }) => ({ ref, status })),
    ...translated.gateways.map((gateway) => {
      const { name, listeners } = gateway;
      const sets = (listenerSets.ofGateway.get(name) ?? []).filter((set) => set.attached).length;
      const counts = countsOf(name, listeners, attached);
      return memo.run(gatewayStatus, name, gateway, sets, reaches.get(name) ?? nowhere, ...counts);
    }),
    ...[...listenerSets.byName.values()].map((set) => {
      const key = objectKey(set.object);
      const refused = quarantine.get(set.gateway)?.get(originOf(key));
      const counts = countsOf(set.gateway, set.listeners, attached);
      return memo.run(listenerSetStatus, key, set, reaches.get(set.gateway) ?? nowhere, refused, ...counts);
    }),
    ...judged.statuses,
    ...policies.statuses,
    ...ingressStatuses(translated, reaches),
    ...others,
  ];
  return statuses.sort(compareStatuses);
}
