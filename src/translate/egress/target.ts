import {
  describePattern,
  type EgressAction,
  type EgressMatch,
  type EgressPattern,
  type EgressRoute,
  type EgressTarget,
} from '../../ir/egress.ts';
import type { PathMatch } from '../../ir/match.ts';
import { formatIpRange, type IpRange } from '../../lib/ip-range.ts';
import { comparePrecedence } from '../precedence.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import { type Claim, claimsOf, createClaimIndex } from './claim.ts';
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
  (a, b) => comparePrecedence(a.claim.rule.precedence, b.claim.rule.precedence),
  (a, b) => a.claim.rule.index - b.claim.rule.index,
  (a, b) => a.position - b.position,
);

/** Ranges that Deny rules of a namespace name on a port: what names must not resolve into for any of its callers. */
export interface DeniedRanges {
  readonly namespace: string;
  readonly port: number;
  readonly ranges: readonly IpRange[];
}

/** Only those that name any. */
export function deniedRangesOf(rules: readonly ParsedRule[]): readonly DeniedRanges[] {
  const found = new Map<string, { readonly namespace: string; readonly port: number; readonly ranges: IpRange[] }>();
  for (const { action, namespace, destinations } of rules) {
    if (action !== 'Deny') continue;
    for (const { ranges, ports } of destinations) {
      if (ranges.length === 0) continue;
      for (const { port } of ports) {
        const key = `${namespace} ${port}`;
        const entry = found.get(key) ?? { namespace, port, ranges: [] };
        found.set(key, entry);
        entry.ranges.push(...ranges);
      }
    }
  }
  return [...found.values()];
}

/** The ranges denied to a namespace on a port. */
export function rangesDenied(denied: readonly DeniedRanges[], namespace: string, port: number): readonly IpRange[] {
  return denied.flatMap((entry) => (entry.namespace === namespace && entry.port === port ? entry.ranges : []));
}

type Form = Pick<EgressMatch, 'form' | 'scheme'>;

/** How an Allow claim is called: what the gateway can read as a request, everything else through a tunnel. */
function formOf({ rule, protocol }: Claim): Form {
  if (protocol === 'HTTP') return { form: 'Request', scheme: 'http' };
  // The refusal of what would be originated meets the same calls.
  if (protocol === 'HTTPS' && (rule.originate !== undefined || rule.refusal !== undefined)) return { form: 'Request' };
  return { form: 'Tunnel' };
}

function actionOf(claim: Claim, form: Form, guard: readonly IpRange[], denied: readonly DeniedRanges[]): EgressAction {
  const { rule, destination, port, protocol } = claim;
  if (rule.action === 'Deny') return { kind: 'Refuse', why: `rule ${rule.name} denies it` };
  if (rule.refusal !== undefined) return { kind: 'Refuse', why: `rule ${rule.name} can't be served: ${rule.refusal}` };
  const refused = [...openGuard(guard, destination.ranges), ...rangesDenied(denied, rule.namespace, port)];
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

function routesOf(claim: Claim, guard: readonly IpRange[], denied: readonly DeniedRanges[]): readonly EgressRoute[] {
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

function withScheme(routes: readonly EgressRoute[], scheme: 'http'): readonly EgressRoute[] {
  return routes.map((route) => ({ ...route, match: { ...route.match, scheme } }));
}

/**
 * Routes for an authority without a port: port 80 of http, then port 443, which is https' own and which plain http
 * reaches as well where the gateway originates the TLS.
 */
function defaultRoutes(port80: readonly EgressRoute[], port443: readonly EgressRoute[]): readonly EgressRoute[] {
  const requests = (routes: readonly EgressRoute[]) => routes.filter((route) => route.match.form !== 'Tunnel');
  const plain = withScheme(
    requests(port80).filter((route) => route.match.scheme !== 'https'),
    'http',
  );
  return [...plain, ...requests(port443).filter((route) => route.match.scheme !== 'http')];
}

const compareTargets = compareBy<EgressTarget>(
  (a, b) => compareStrings(describePattern(a.pattern), describePattern(b.pattern)),
  (a, b) => (a.port === 'Default' ? 0 : a.port) - (b.port === 'Default' ? 0 : b.port),
);

/** The target of a pattern and port; `claims` are those that cover it, the most specific first. */
function makeTarget(
  pattern: EgressPattern,
  port: number,
  claims: readonly Claim[],
  guard: readonly IpRange[],
  denied: readonly DeniedRanges[],
): EgressTarget {
  const depths = new Map<string, number>();
  const ranked = claims.flatMap((claim) => {
    const key = describePattern(claim.pattern);
    const depth = depths.get(key) ?? depths.size;
    depths.set(key, depth);
    return routesOf(claim, guard, denied).map((route, position) => ({ route, claim, depth, position }));
  });
  return { pattern, port, routes: ranked.toSorted(compareRanked).map((entry) => entry.route) };
}

function makeDefaultTarget(port80: EgressTarget, port443: EgressTarget): EgressTarget {
  return { pattern: port80.pattern, port: 'Default', routes: defaultRoutes(port80.routes, port443.routes) };
}

/** What a target was made of, and the target. */
interface Made {
  readonly claims: readonly Claim[];
  readonly denied: string;
  readonly target: EgressTarget;
}

function sameClaims(a: readonly Claim[], b: readonly Claim[]): boolean {
  return a.length === b.length && a.every((claim, i) => claim === b[i]);
}

function deniedKey(denied: readonly DeniedRanges[]): string {
  return denied.length === 0
    ? ''
    : JSON.stringify(denied.map(({ namespace, ranges }) => [namespace, ranges.map(formatIpRange)]));
}

/** Lays rules out by destination, so that the first route of one target decides. */
export type TargetAssembler = (rules: readonly ParsedRule[], guard: readonly IpRange[]) => readonly EgressTarget[];

/**
 * An assembler for one listener. It remembers the targets that it made last, and gives a target again, the very same
 * one, where the rules that speak of it are the same. What it gives depends on its inputs only.
 */
export function createTargetAssembler(): TargetAssembler {
  const claimsByRule = new WeakMap<ParsedRule, readonly Claim[]>();
  let last = new Map<string, Made>();
  let lastGuard: readonly IpRange[] | undefined;
  return (rules, guard) => {
    const known = guard === lastGuard ? last : new Map<string, Made>();
    const made = new Map<string, Made>();
    const claims = rules.flatMap((rule) => {
      const own = claimsByRule.get(rule) ?? claimsOf([rule]);
      claimsByRule.set(rule, own);
      return own;
    });
    const find = createClaimIndex(claims);
    const allDenied = deniedRangesOf(rules);
    const keep = (id: string, own: readonly Claim[], denied: readonly DeniedRanges[], make: () => EgressTarget) => {
      const key = deniedKey(denied);
      const old = known.get(id);
      const reused = old !== undefined && old.denied === key && sameClaims(old.claims, own);
      const entry = reused ? old : { claims: own, denied: key, target: make() };
      made.set(id, entry);
      return entry.target;
    };
    const claimsAt = (pattern: EgressPattern, port: number) => {
      const covering = find(pattern, port);
      const namespaces = new Set(covering.map((claim) => claim.rule.namespace));
      const denied = allDenied.filter((entry) => entry.port === port && namespaces.has(entry.namespace));
      return { covering, denied };
    };
    for (const { pattern, port } of claims) {
      const own = describePattern(pattern);
      const id = `${port} ${own}`;
      if (made.has(id)) continue;
      const { covering, denied } = claimsAt(pattern, port);
      keep(id, covering, denied, () => makeTarget(pattern, port, covering, guard, denied));
      if (port !== 80 && port !== 443) continue;
      const [plain, tls] = [claimsAt(pattern, 80), claimsAt(pattern, 443)];
      keep(`Default ${own}`, [...plain.covering, ...tls.covering], [...plain.denied, ...tls.denied], () =>
        makeDefaultTarget(
          makeTarget(pattern, 80, plain.covering, guard, plain.denied),
          makeTarget(pattern, 443, tls.covering, guard, tls.denied),
        ),
      );
    }
    last = made;
    lastGuard = guard;
    return [...made.values()].map((entry) => entry.target).sort(compareTargets);
  };
}

/** One run of an assembler, as a step. */
export function assembleTargets(
  assemble: TargetAssembler,
  rules: readonly ParsedRule[],
  guard: readonly IpRange[],
): readonly EgressTarget[] {
  return assemble(rules, guard);
}
