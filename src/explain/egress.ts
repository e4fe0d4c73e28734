import type {
  EgressCaller,
  EgressListener,
  EgressPattern,
  EgressRoute,
  EgressTarget,
  EgressUpstream,
  ForwardProxyListener,
  ServerNameListener,
} from '../ir/egress.ts';
import type { RouteName } from '../ir/name.ts';
import { containsRange, formatAddress, ipRange, isSingleAddress, type IpRange, parseIpRange } from '../lib/ip-range.ts';
import { unreachable } from '../lib/never.ts';
import { matchesPath } from './match.ts';

/** A call as it reaches an egress listener. */
export interface EgressCall {
  /** The address that it comes from, or the Egress objects (`namespace/name`) that select the caller. */
  readonly caller: { readonly address: string } | { readonly egresses: readonly string[] };
  /** `Request` in absolute or origin form, `Tunnel` by CONNECT, `ServerName` by TLS on a passthrough listener. */
  readonly form: 'Request' | 'Tunnel' | 'ServerName';
  /** As the caller wrote it, in any case; IPv6 addresses without brackets. */
  readonly host: string;
  /** As the caller wrote it; absent where it wrote none. */
  readonly port?: number;
  readonly scheme?: 'http' | 'https';
  readonly method?: string;
  /** Normalised, without query. */
  readonly path?: string;
  /** What the host resolves to, where that is known: the guard is then decided as well. */
  readonly resolved?: readonly string[];
}

/** Why a route was not the one. */
interface EgressMiss {
  readonly rule: RouteName;
  readonly part: 'Caller' | 'Form' | 'Scheme' | 'Method' | 'Path';
}

/** What becomes of a call. `why` is what the gateway answers, in its words. */
export type EgressDecision =
  | {
      readonly allowed: true;
      readonly caller: EgressCaller | undefined;
      readonly rule: RouteName;
      readonly route?: EgressRoute;
      readonly misses: readonly EgressMiss[];
    }
  | {
      readonly allowed: false;
      readonly caller: EgressCaller | undefined;
      readonly reason: 'NoTarget' | 'NoRule' | 'Refused' | 'Guarded';
      /** The rule that refused; absent where none was met. */
      readonly rule?: RouteName;
      readonly why: string;
      readonly misses: readonly EgressMiss[];
    };

interface Caller {
  readonly known: EgressCaller | undefined;
  readonly egresses: ReadonlySet<string>;
}

function findCaller(listener: EgressListener, { caller }: EgressCall): Caller {
  if ('egresses' in caller) return { known: undefined, egresses: new Set(caller.egresses) };
  const known = listener.callers.find((entry) => entry.address === caller.address);
  return { known, egresses: new Set(known?.egresses ?? []) };
}

function addressOf(host: string): IpRange | undefined {
  const range = parseIpRange(host);
  return range.ok && !host.includes('/') ? range.value : undefined;
}

/** How well a pattern fits a host: the higher, the more specific; undefined where it does not. */
function fit(pattern: EgressPattern, host: string): number | undefined {
  switch (pattern.kind) {
    case 'Exact':
      return pattern.host === host ? Infinity : undefined;
    case 'Suffix':
      return host.endsWith(pattern.suffix) && host.length > pattern.suffix.length ? pattern.suffix.length : undefined;
    case 'Range': {
      const address = addressOf(host);
      const range = ipRange(pattern.range);
      if (address === undefined || !containsRange(range, address)) return undefined;
      // An IPv6 address is compared as it is spelt, and by itself only.
      if (range.family === 6 && (!isSingleAddress(range) || formatAddress(range) !== host)) return undefined;
      return range.length;
    }
    default:
      return unreachable(pattern);
  }
}

function findTarget(
  targets: readonly EgressTarget[],
  host: string,
  port: number | 'Default',
): EgressTarget | undefined {
  let best: { readonly target: EgressTarget; readonly rank: number } | undefined;
  for (const target of targets) {
    if (target.port !== port) continue;
    const rank = fit(target.pattern, host);
    if (rank !== undefined && (best === undefined || rank > best.rank)) best = { target, rank };
  }
  return best?.target;
}

const parts: readonly EgressMiss['part'][] = ['Caller', 'Form', 'Scheme', 'Method', 'Path'];

/** Of several routes of one rule, the one that came closest speaks for it. */
function closest(misses: readonly EgressMiss[]): readonly EgressMiss[] {
  const byRule = new Map<RouteName, EgressMiss>();
  for (const miss of misses) {
    const known = byRule.get(miss.rule);
    if (known === undefined || parts.indexOf(miss.part) > parts.indexOf(known.part)) byRule.set(miss.rule, miss);
  }
  return [...byRule.values()];
}

/** The first part of a route that a call does not meet; undefined where it meets all. */
function missOf({ egress, match }: EgressRoute, call: EgressCall, caller: Caller): EgressMiss['part'] | undefined {
  if (!caller.egresses.has(egress)) return 'Caller';
  if (match.form !== 'Any' && match.form !== call.form) return 'Form';
  if (call.form !== 'Request') return undefined;
  if (match.scheme !== undefined && match.scheme !== (call.scheme ?? 'http')) return 'Scheme';
  if (match.methods.length > 0 && !match.methods.includes(call.method ?? 'GET')) return 'Method';
  return match.path === undefined || matchesPath(match.path, call.path ?? '/') ? undefined : 'Path';
}

/** Whether every address that is known of the host is guarded. */
function isGuarded(upstream: EgressUpstream, call: EgressCall): boolean {
  const own = addressOf(call.host);
  const addresses = own === undefined ? (call.resolved ?? []).flatMap((text) => addressOf(text) ?? []) : [own];
  if (addresses.length === 0) return false;
  const refused = upstream.refusedRanges.map(ipRange);
  return addresses.every((address) => refused.some((range) => containsRange(range, address)));
}

function describeCall({ form, scheme = 'http', host, port, method = 'GET', path = '/' }: EgressCall): string {
  const authority = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return form === 'Request'
    ? `${method} ${scheme}://${authority}${path}`
    : `${form === 'Tunnel' ? 'CONNECT ' : 'TLS to '}${authority}`;
}

function decideForwardProxy(listener: ForwardProxyListener, call: EgressCall, caller: Caller): EgressDecision {
  const { known } = caller;
  const missing = `no rule of the Egress objects that select the caller allows ${describeCall(call)}`;
  const target = findTarget(listener.targets, call.host.toLowerCase(), call.port ?? 'Default');
  if (target === undefined) return { allowed: false, caller: known, reason: 'NoTarget', why: missing, misses: [] };
  const missed: EgressMiss[] = [];
  for (const route of target.routes) {
    const part = missOf(route, call, caller);
    if (part !== undefined) {
      missed.push({ rule: route.name, part });
      continue;
    }
    const misses = closest(missed);
    const { name: rule, action } = route;
    if (action.kind === 'Refuse')
      return { allowed: false, caller: known, reason: 'Refused', rule, why: action.why, misses };
    if (isGuarded(action.upstream, call)) {
      return {
        allowed: false,
        caller: known,
        reason: 'Guarded',
        rule,
        why: 'the name has no address that may be called',
        misses,
      };
    }
    return { allowed: true, caller: known, rule, route, misses };
  }
  const why = `${missing}; there are rules for this host and port, but none that fits`;
  return { allowed: false, caller: known, reason: 'NoRule', why, misses: closest(missed) };
}

function decideServerName(listener: ServerNameListener, call: EgressCall, caller: Caller): EgressDecision {
  const { known } = caller;
  const host = call.host.toLowerCase();
  const fitting = listener.rules.filter((rule) =>
    rule.patterns.some((pattern) => pattern.kind !== 'Range' && fit(pattern, host) !== undefined),
  );
  const misses = fitting
    .filter((rule) => !caller.egresses.has(rule.egress))
    .map((rule): EgressMiss => ({ rule: rule.name, part: 'Caller' }));
  const own = fitting.filter((rule) => caller.egresses.has(rule.egress));
  const denying = own.find((rule) => rule.action === 'Deny');
  if (denying !== undefined) {
    return {
      allowed: false,
      caller: known,
      reason: 'Refused',
      rule: denying.name,
      why: `rule ${denying.name} denies it`,
      misses,
    };
  }
  const [allowing] = own;
  const why = `no rule of the Egress objects that select the caller allows ${describeCall({ ...call, port: listener.port })}`;
  if (allowing === undefined)
    return { allowed: false, caller: known, reason: fitting.length === 0 ? 'NoTarget' : 'NoRule', why, misses };
  const chains = listener.chains
    .map((chain) => ({ ...chain, rank: fit(chain.pattern, host) ?? -1 }))
    .sort((a, b) => b.rank - a.rank);
  const [chain] = chains;
  const upstream = chain === undefined || chain.rank < 0 ? listener.upstream : chain.upstream;
  if (isGuarded(upstream, call)) {
    return {
      allowed: false,
      caller: known,
      reason: 'Guarded',
      rule: allowing.name,
      why: 'the name has no address that may be called',
      misses,
    };
  }
  return { allowed: true, caller: known, rule: allowing.name, misses };
}

/** Decides a call as the proxy does, walking the same targets and routes. */
export function decideEgress(listener: EgressListener, call: EgressCall): EgressDecision {
  const caller = findCaller(listener, call);
  switch (listener.kind) {
    case 'ForwardProxy':
      return decideForwardProxy(listener, call, caller);
    case 'ServerName':
      return decideServerName(listener, call, caller);
    default:
      return unreachable(listener);
  }
}
