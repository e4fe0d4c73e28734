import type { GatewayName, SectionName } from '../../ir/name.ts';
import type { Memo } from '../../lib/memo.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import type { Sources } from '../../lib/recorded-read.ts';
import { describeRef, objectKey, type ObjectRef } from '../../snapshot/object.ts';
import { comparePrecedence } from '../precedence.ts';
import { cutMessage } from './condition.ts';
import { createHostnameSet, type HostnameSet } from './hostname-set.ts';
import type { AttachedListener, RouteParent, RouteTranslation } from './route.ts';

/** A listener that does not take a route after all, as another one goes before it there. */
interface Withdrawal {
  readonly gateway: GatewayName;
  readonly section: SectionName;
  readonly message: string;
}

const reason = 'HostnameConflict';

function createWithdrawal(gateway: GatewayName, section: SectionName, message: string): Withdrawal {
  return { gateway, section, message };
}

interface Claim {
  readonly route: RouteTranslation;
  readonly at: AttachedListener;
}

const compareClaims = compareBy<Claim>(
  (a, b) => comparePrecedence(a.route.precedence, b.route.precedence),
  (a, b) => compareStrings(a.route.ref.kind, b.route.ref.kind),
);

function listenerKey({ gateway, section }: Pick<AttachedListener, 'gateway' | 'section'>): string {
  return `${gateway} ${section}`;
}

/** Those of the claims to one listener that lose, each with a route of the other kind that has its hostname. */
function findLosers(claims: readonly Claim[]): readonly { readonly claim: Claim; readonly winner: ObjectRef }[] {
  const accepted = new Map<string, HostnameSet<ObjectRef>>();
  const losers: { claim: Claim; winner: ObjectRef }[] = [];
  for (const claim of claims.toSorted(compareClaims)) {
    const { ref } = claim.route;
    const others = [...accepted].flatMap(([kind, hostnames]) => (kind === ref.kind ? [] : [hostnames]));
    const { hostnames } = claim.at;
    const [winner] = hostnames.flatMap((hostname) => others.flatMap((other) => other.find(hostname) ?? []));
    if (winner !== undefined) {
      losers.push({ claim, winner });
      continue;
    }
    const own = accepted.get(ref.kind) ?? createHostnameSet<ObjectRef>();
    accepted.set(ref.kind, own);
    for (const hostname of hostnames) own.add(hostname, ref);
  }
  return losers;
}

function withdrawParent(parent: RouteParent, withdrawals: readonly Withdrawal[]): RouteParent {
  const lost = withdrawals.filter(
    ({ gateway, section }) => gateway === parent.gateway && parent.sections.includes(section),
  );
  // As long as one listener takes it, the route is accepted (ParentReference).
  if (lost.length === 0 || lost.length < parent.sections.length) return parent;
  const message = cutMessage([...new Set(lost.map((entry) => entry.message))].join(' '));
  const conditions = parent.conditions
    .filter(({ type }) => type !== 'PartiallyInvalid')
    .map((condition) =>
      condition.type === 'Accepted' ? { ...condition, status: 'False' as const, reason, message } : condition,
    );
  return { ...parent, conditions };
}

function withdraw(route: RouteTranslation, withdrawals: readonly Withdrawal[]): RouteTranslation {
  const { ref: object } = route;
  const lost = new Set(withdrawals.map(listenerKey));
  return {
    ...route,
    attachments: route.attachments.filter((entry) => !lost.has(listenerKey(entry))),
    parents: route.parents.map((parent) => withdrawParent(parent, withdrawals)),
    attached: route.attached.filter((entry) => !lost.has(listenerKey(entry))),
    losses: [
      ...route.losses,
      ...withdrawals.map(({ gateway, section, message }) => ({ object, gateway, listener: section, reason, message })),
    ],
    diagnostics: [
      ...route.diagnostics,
      ...withdrawals.map(({ message }) => ({
        severity: 'error' as const,
        reason,
        message,
        object,
        field: 'spec.hostnames',
      })),
    ],
  };
}

/**
 * Lets each listener take either HTTPRoutes or GRPCRoutes at a hostname: of two routes of these kinds whose hostnames
 * meet there, the older one is accepted, or the first by name (GRPCRouteSpec.hostnames).
 */
export function settleContention<S extends Sources>(
  memo: Memo<S>,
  routes: readonly RouteTranslation[],
): readonly RouteTranslation[] {
  const contested = new Set(
    routes.filter(({ ref }) => ref.kind === 'GRPCRoute').flatMap(({ attached }) => attached.map(listenerKey)),
  );
  if (contested.size === 0) return routes;
  const claims = routes.flatMap((route): Claim[] =>
    route.attached.filter((at) => contested.has(listenerKey(at))).map((at) => ({ route, at })),
  );
  const withdrawals = new Map<RouteTranslation, Withdrawal[]>();
  for (const members of Map.groupBy(claims, ({ at }) => listenerKey(at)).values()) {
    for (const { claim, winner } of findLosers(members)) {
      const { gateway, section } = claim.at;
      const message = `${describeRef(winner)} has a hostname of the route on listener ${section}, which HTTPRoutes and GRPCRoutes can't share, and is older, or first by name.`;
      const key = `${objectKey(claim.route.ref)} ${listenerKey(claim.at)}`;
      const withdrawal = memo.run(createWithdrawal, key, gateway, section, message);
      withdrawals.set(claim.route, [...(withdrawals.get(claim.route) ?? []), withdrawal]);
    }
  }
  return routes.map((route) => {
    const lost = withdrawals.get(route);
    if (lost === undefined) return route;
    const key = objectKey(route.ref);
    return memo.run(withdraw, key, route, memo.list(`withdrawals/${key}`, lost));
  });
}
