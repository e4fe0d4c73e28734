import type { EgressAction, EgressMatch, EgressPattern, EgressRoute, EgressTarget } from '../../ir/egress.ts';
import type { PathMatch } from '../../ir/match.ts';
import type { IpRange } from '../../lib/ip-range.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import { type Claim, claimsOf, createClaimIndex, patternKey } from './claim.ts';
import type { ParsedRule, RequestMatch } from './rule.ts';
import { openGuard, upstreamOf } from './upstream.ts';

/** A route with what orders it among its like. */
interface Ranked {
  readonly route: EgressRoute;
  readonly claim: Claim;
  /** Place of the claim's pattern: 0 is the most specific. */
  readonly depth: number;
  readonly position: number;
}

const pathRank: { readonly [K in PathMatch['kind']]: number } = { Exact: 0, RegularExpression: 1, Prefix: 2 };

function comparePaths(a: EgressMatch, b: EgressMatch): number {
  if (a.path === undefined || b.path === undefined) return Number(a.path === undefined) - Number(b.path === undefined);
  return pathRank[a.path.kind] - pathRank[b.path.kind] || b.path.value.length - a.path.value.length;
}

/** Deny first; then the most specific host and path, fewer methods, the oldest Egress, its name and its order. */
const compareRanked = compareBy<Ranked>(
  (a, b) => Number(a.claim.rule.action === 'Allow') - Number(b.claim.rule.action === 'Allow'),
  (a, b) => a.depth - b.depth,
  (a, b) => comparePaths(a.route.match, b.route.match),
  (a, b) => Number(a.route.match.methods.length === 0) - Number(b.route.match.methods.length === 0),
  (a, b) => compareStrings(a.claim.rule.precedence.createdAt, b.claim.rule.precedence.createdAt),
  (a, b) => compareStrings(a.claim.rule.precedence.object, b.claim.rule.precedence.object),
  (a, b) => a.claim.rule.index - b.claim.rule.index,
  (a, b) => a.position - b.position,
);

/** Ranges that Deny rules of a namespace name, by port: what its callers' names must not resolve into either. */
export type DeniedRanges = (namespace: string, port: number) => readonly IpRange[];

export function deniedRangesOf(rules: readonly ParsedRule[]): DeniedRanges {
  const byKey = new Map<string, IpRange[]>();
  for (const rule of rules) {
    if (rule.action !== 'Deny') continue;
    for (const { ranges, ports } of rule.destinations) {
      for (const { port } of ports) {
        const key = `${rule.namespace} ${port}`;
        byKey.set(key, [...(byKey.get(key) ?? []), ...ranges]);
      }
    }
  }
  return (namespace, port) => byKey.get(`${namespace} ${port}`) ?? [];
}

type Form = Pick<EgressMatch, 'form' | 'scheme'>;

/** How an Allow claim is called: what the gateway can read as a request, everything else through a tunnel. */
function formOf({ rule, protocol }: Claim): Form {
  if (protocol === 'HTTP') return { form: 'Request', scheme: 'http' };
  // The refusal of what would be originated meets the same calls.
  if (protocol === 'HTTPS' && (rule.originate !== undefined || rule.refusal !== undefined)) return { form: 'Request' };
  return { form: 'Tunnel' };
}

function actionOf(claim: Claim, form: Form, guard: readonly IpRange[], denied: DeniedRanges): EgressAction {
  const { rule, destination, port, protocol } = claim;
  if (rule.action === 'Deny') return { kind: 'Refuse', why: `rule ${rule.name} denies it` };
  if (rule.refusal !== undefined) return { kind: 'Refuse', why: `rule ${rule.name} can't be served: ${rule.refusal}` };
  const refused = [...openGuard(guard, destination.ranges), ...denied(rule.namespace, port)];
  const upstream = upstreamOf(refused, rule.connectTimeoutMs, protocol === 'HTTPS' ? rule.originate : undefined);
  const rateLimit = rule.rateLimit === undefined ? {} : { rateLimit: rule.rateLimit };
  if (form.form === 'Tunnel') {
    const checkServerName = protocol !== 'TCP' && claim.pattern.kind !== 'Range';
    return { kind: 'Tunnel', upstream, checkServerName, ...rateLimit };
  }
  return {
    kind: 'Forward',
    upstream,
    ...rateLimit,
    ...(rule.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: rule.requestTimeoutMs }),
    ...(rule.retry === undefined ? {} : { retry: rule.retry }),
  };
}

function routesOf(claim: Claim, guard: readonly IpRange[], denied: DeniedRanges): readonly EgressRoute[] {
  const { rule } = claim;
  const deny = rule.action === 'Deny';
  const form: Form = deny ? { form: rule.requests.length === 0 ? 'Any' : 'Request' } : formOf(claim);
  const action = actionOf(claim, form, guard, denied);
  const base = { name: rule.name, egress: rule.egress, origin: rule.origin, action };
  const whole: RequestMatch = { methods: [] };
  const requests = form.form === 'Tunnel' || rule.requests.length === 0 ? [whole] : rule.requests;
  const routes: EgressRoute[] = requests.map((request) => ({ ...base, match: { ...form, ...request } }));
  // A tunnel could hide what the rule denies.
  if (deny && rule.requests.length > 0) {
    const why = `rule ${rule.name} denies some requests to it, and a tunnel can't be read`;
    routes.push({ ...base, action: { kind: 'Refuse', why }, match: { form: 'Tunnel', methods: [] } });
  }
  return routes;
}

function sortedRoutes(ranked: readonly Ranked[]): readonly EgressRoute[] {
  return ranked.toSorted(compareRanked).map((entry) => entry.route);
}

function withScheme(routes: readonly EgressRoute[], scheme: 'http'): readonly EgressRoute[] {
  return routes.map((route) => ({ ...route, match: { ...route.match, scheme } }));
}

/**
 * Routes for an authority without a port: port 80 of http, then port 443, which is https' own and which plain http
 * reaches as well where the gateway originates the TLS.
 */
function defaultRoutes(port80: readonly EgressRoute[], port443: readonly EgressRoute[]): readonly EgressRoute[] {
  const requests = (routes: readonly EgressRoute[]) => routes.filter((route) => route.match.form !== 'Tunnel');
  const plain = withScheme(requests(port80).filter((route) => route.match.scheme !== 'https'), 'http');
  return [...plain, ...requests(port443).filter((route) => route.match.scheme !== 'http')];
}

const compareTargets = compareBy<EgressTarget>(
  (a, b) => compareStrings(patternKey(a.pattern), patternKey(b.pattern)),
  (a, b) => (a.port === 'Default' ? 0 : a.port) - (b.port === 'Default' ? 0 : b.port),
);

/** Lays the rules out by destination, so that the first route of one target decides. */
export function assembleTargets(rules: readonly ParsedRule[], guard: readonly IpRange[]): readonly EgressTarget[] {
  const claims = claimsOf(rules);
  const find = createClaimIndex(claims);
  const denied = deniedRangesOf(rules);
  const made = new Map<Claim, readonly EgressRoute[]>();
  const routesAt = (pattern: EgressPattern, port: number) => {
    const depths = new Map<string, number>();
    return sortedRoutes(
      find(pattern, port).flatMap((claim) => {
        const key = patternKey(claim.pattern);
        const depth = depths.get(key) ?? depths.size;
        depths.set(key, depth);
        const routes = made.get(claim) ?? routesOf(claim, guard, denied);
        made.set(claim, routes);
        return routes.map((route, position) => ({ route, claim, depth, position }));
      }),
    );
  };
  const targets = new Map<string, EgressTarget>();
  for (const { pattern, port } of claims) {
    const key = patternKey(pattern);
    const id = `${port} ${key}`;
    if (targets.has(id)) continue;
    targets.set(id, { pattern, port, routes: routesAt(pattern, port) });
    if (port !== 80 && port !== 443) continue;
    const routes = defaultRoutes(routesAt(pattern, 80), routesAt(pattern, 443));
    targets.set(`Default ${key}`, { pattern, port: 'Default', routes });
  }
  return [...targets.values()].sort(compareTargets);
}
