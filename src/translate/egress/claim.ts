import { describePattern, type EgressPattern } from '../../ir/egress.ts';
import { containsRange, ipRange, type IpRange } from '../../lib/ip-range.ts';
import { type Destination, type ParsedRule, rangePattern } from './rule.ts';

type Protocol = Destination['ports'][number]['protocol'];

/** One rule's word on one pattern and port. */
export interface Claim {
  readonly rule: ParsedRule;
  readonly pattern: EgressPattern;
  readonly port: number;
  readonly protocol: Protocol;
  readonly destination: Destination;
}

/** All claims of the rules. */
export function claimsOf(rules: readonly ParsedRule[]): readonly Claim[] {
  const claims: Claim[] = [];
  for (const rule of rules) {
    for (const destination of rule.destinations) {
      const patterns = [...destination.hosts, ...destination.ranges.map(rangePattern)];
      for (const { port, protocol } of destination.ports) {
        for (const pattern of patterns) claims.push({ rule, pattern, port, protocol, destination });
      }
    }
  }
  return claims;
}

/** The keys of the patterns that cover a host pattern, the most specific first. */
function hostKeys(pattern: EgressPattern): readonly string[] {
  const own = describePattern(pattern);
  const keys = [own];
  // `*.a.b` is covered by `*.b`, `x.a.b` by `*.a.b` and `*.b`.
  let rest = pattern.kind === 'Suffix' ? own.slice(2) : own;
  for (let dot = rest.indexOf('.'); dot !== -1; dot = rest.indexOf('.')) {
    rest = rest.slice(dot + 1);
    keys.push(`*.${rest}`);
  }
  return keys;
}

/** Finds the claims on a port whose patterns cover a pattern, the most specific first. */
export function createClaimIndex(claims: readonly Claim[]): (pattern: EgressPattern, port: number) => readonly Claim[] {
  const byKey = new Map<string, Claim[]>();
  const ranges = new Map<string, IpRange>();
  for (const claim of claims) {
    const key = describePattern(claim.pattern);
    const at = `${claim.port} ${key}`;
    const bucket = byKey.get(at);
    if (bucket === undefined) byKey.set(at, [claim]);
    else bucket.push(claim);
    if (claim.pattern.kind === 'Range') ranges.set(key, ipRange(key));
  }
  const sortedRanges = [...ranges].sort((a, b) => b[1].length - a[1].length);
  return (pattern, port) => {
    const own = pattern.kind === 'Range' ? ipRange(pattern.range) : undefined;
    const keys =
      own === undefined
        ? hostKeys(pattern)
        : sortedRanges.filter(([, range]) => containsRange(range, own)).map(([key]) => key);
    return keys.flatMap((key) => byKey.get(`${port} ${key}`) ?? []);
  };
}
