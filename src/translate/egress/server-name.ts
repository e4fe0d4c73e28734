import {
  describePattern,
  type EgressPattern,
  type EgressServerNameRule,
  type EgressUpstream,
  type ServerNameListener,
} from '../../ir/egress.ts';
import type { IpRange } from '../../lib/ip-range.ts';
import { compareStrings } from '../../lib/order.ts';
import { type Claim, claimsOf, createClaimIndex } from './claim.ts';
import type { Destination, ParsedRule } from './rule.ts';
import { type DeniedRanges, deniedRangesOf, rangesDenied } from './target.ts';
import { openGuard, upstreamOf } from './upstream.ts';

const connectTimeoutMs = 5_000;

function hostsAt(
  rule: ParsedRule,
  port: number,
  fits: (entry: Destination['ports'][number]) => boolean,
): readonly EgressPattern[] {
  return rule.destinations.flatMap((destination) =>
    destination.ports.some((entry) => entry.port === port && fits(entry)) ? destination.hosts : [],
  );
}

/**
 * Why an Allow rule does not hold where TLS is passed through by server name, which knows neither buckets for a rule
 * nor guards for a namespace; undefined where it holds. Its hosts are denied there.
 */
export function objectionToServerName(
  rule: ParsedRule,
  port: number,
  denied: readonly DeniedRanges[],
): string | undefined {
  if (rule.rateLimit !== undefined) return 'its rateLimit';
  if (rangesDenied(denied, rule.namespace, port).length > 0)
    return 'the address ranges that Deny rules of its namespace name';
  return undefined;
}

function ruleAt(rule: ParsedRule, port: number, denied: readonly DeniedRanges[]): EgressServerNameRule | undefined {
  const base = { name: rule.name, egress: rule.egress, origin: rule.origin };
  if (rule.action === 'Deny') {
    const patterns = hostsAt(rule, port, () => true);
    return patterns.length === 0 ? undefined : { ...base, action: 'Deny', patterns };
  }
  if (rule.originate !== undefined || rule.refusal !== undefined) return undefined;
  const patterns = hostsAt(rule, port, ({ protocol }) => protocol === 'HTTPS' || protocol === 'TLS');
  if (patterns.length === 0) return undefined;
  return { ...base, action: objectionToServerName(rule, port, denied) === undefined ? 'Allow' : 'Deny', patterns };
}

/** The upstream of one name: guarded by everything that any of the rules that allow it guards. */
function upstreamAt(claims: readonly Claim[], guard: readonly IpRange[]): EgressUpstream {
  const refused = claims.flatMap(({ destination }) => openGuard(guard, destination.ranges));
  return upstreamOf(refused, connectTimeoutMs, undefined);
}

/** What a TLS passthrough listener on `port` lets through. */
export function assembleServerNames(
  rules: readonly ParsedRule[],
  guard: readonly IpRange[],
  port: number,
): Pick<ServerNameListener, 'rules' | 'upstream' | 'chains'> {
  const denied = deniedRangesOf(rules);
  const upstream = upstreamOf(guard, connectTimeoutMs, undefined);
  const allowing = rules.filter((rule) => ruleAt(rule, port, denied)?.action === 'Allow');
  const claims = claimsOf(allowing).filter((claim) => claim.port === port && claim.pattern.kind !== 'Range');
  const find = createClaimIndex(claims);
  const chains = new Map<string, ServerNameListener['chains'][number]>();
  for (const { pattern } of claims) {
    chains.set(describePattern(pattern), { pattern, upstream: upstreamAt(find(pattern, port), guard) });
  }
  return {
    upstream,
    rules: rules.flatMap((rule) => ruleAt(rule, port, denied) ?? []),
    // Where a wider name has a chain of its own, the names below it need theirs: Envoy takes the most specific one.
    chains: [...chains.entries()]
      .filter(([, chain]) => chain.upstream.name !== upstream.name || needsChain(chain.pattern, chains, upstream))
      .sort(([a], [b]) => compareStrings(a, b))
      .map(([, chain]) => chain),
  };
}

function needsChain(
  pattern: EgressPattern,
  chains: ReadonlyMap<string, ServerNameListener['chains'][number]>,
  upstream: EgressUpstream,
): boolean {
  const name = describePattern(pattern).replace(/^\*\./, '');
  return [...chains.values()].some(
    (other) =>
      other.pattern.kind === 'Suffix' && name.endsWith(other.pattern.suffix) && other.upstream.name !== upstream.name,
  );
}
