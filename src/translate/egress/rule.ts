import type {
  Egress,
  EgressDestination,
  EgressHTTPMatch,
  EgressRateLimit as EgressRateLimitSpec,
  EgressRule,
} from '../../../gen/kubernetes/types.ts';
import type { CaSource } from '../../ir/cluster.ts';
import type { EgressPattern, EgressRateLimit } from '../../ir/egress.ts';
import type { Retry } from '../../ir/filter.ts';
import type { PathMatch } from '../../ir/match.ts';
import { egressRouteName, originOf, type Origin, type RouteName, type SecretName } from '../../ir/name.ts';
import { formatIpRange, ipRange, parseIpRange, type IpRange } from '../../lib/ip-range.ts';
import { parseDuration } from '../../resolve/duration.ts';
import { checkRegularExpression } from '../../resolve/regular-expression.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { objectKey, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { Precedence } from '../attachment.ts';
import { resolveOrigination, type Origination } from './origination.ts';

/** Which requests of a rule; without `path` every path, with no methods every method. */
export interface RequestMatch {
  readonly methods: readonly string[];
  readonly path?: PathMatch;
}

/** One entry of a rule's `to`. The hosts may resolve into the ranges, and the ranges may be called as they are. */
export interface Destination {
  readonly hosts: readonly EgressPattern[];
  readonly ranges: readonly IpRange[];
  readonly ports: EgressDestination['ports'];
}

/** A rule of an Egress before it is laid out by destination. */
export interface ParsedRule {
  readonly name: RouteName;
  /** `namespace/name`. */
  readonly egress: string;
  readonly namespace: string;
  readonly origin: Origin;
  readonly precedence: Precedence;
  readonly index: number;
  readonly action: 'Allow' | 'Deny';
  /** Set where an Allow rule can't be served: what it would allow is refused with these words. */
  readonly refusal?: string;
  readonly destinations: readonly Destination[];
  /** Empty: every request, and tunnels. */
  readonly requests: readonly RequestMatch[];
  readonly originate?: { readonly ca: CaSource; readonly clientCertificate?: SecretName };
  readonly rateLimit?: EgressRateLimit;
  readonly requestTimeoutMs?: number;
  readonly connectTimeoutMs: number;
  readonly retry?: Retry;
}

const defaultConnectTimeoutMs = 5_000;
const everything: readonly IpRange[] = [ipRange('0.0.0.0/0'), ipRange('::/0')];
const perMs = { Second: 1_000, Minute: 60_000, Hour: 3_600_000 } as const;

function parseHost(host: string): EgressPattern {
  const name = host.toLowerCase();
  return name.startsWith('*.') ? { kind: 'Suffix', suffix: name.slice(1) } : { kind: 'Exact', host: name };
}

/** The pattern of a range, in its canonical spelling. */
export function rangePattern(range: IpRange): EgressPattern {
  return { kind: 'Range', range: formatIpRange(range) };
}

interface Reporter {
  report(field: string, message: string): void;
}

function parseDestination(destination: EgressDestination, field: string, deny: boolean, to: Reporter): Destination {
  const ranges: IpRange[] = [];
  for (const [index, cidr] of (destination.cidrs ?? []).entries()) {
    const range = parseIpRange(cidr);
    if (range.ok) ranges.push(range.value);
    else {
      to.report(
        `${field}.cidrs[${index}]`,
        deny ? `${range.error}; until it is, this rule denies every address.` : `${range.error}.`,
      );
      // A Deny that can't be read denies more than was meant, never less.
      if (deny) ranges.push(...everything);
    }
  }
  return { hosts: (destination.hosts ?? []).map(parseHost), ranges, ports: destination.ports };
}

function parsePath(path: NonNullable<EgressHTTPMatch['path']>): PathMatch {
  switch (path.type ?? 'PathPrefix') {
    case 'Exact':
      return { kind: 'Exact', value: path.value };
    case 'RegularExpression':
      return { kind: 'RegularExpression', value: path.value };
    case 'PathPrefix':
      return { kind: 'Prefix', value: path.value === '/' ? '/' : path.value.replace(/\/+$/, '') || '/' };
  }
}

/** The requests of a rule; undefined where a Deny rule has one that can't be read, and so denies every request. */
function parseRequests(rule: EgressRule, field: string, to: Reporter): readonly RequestMatch[] | undefined {
  const requests: RequestMatch[] = [];
  for (const [index, http] of (rule.http ?? []).entries()) {
    const path = http.path === undefined ? undefined : parsePath(http.path);
    const objection = path?.kind === 'RegularExpression' ? checkRegularExpression(path.value) : undefined;
    if (objection !== undefined) {
      const deny = rule.action === 'Deny';
      to.report(
        `${field}.http[${index}].path.value`,
        `RE2 refuses the regular expression: ${objection}.${deny ? ' Until it is corrected, this rule denies every request.' : ''}`,
      );
      if (deny) return undefined;
    } else requests.push({ methods: [...(http.methods ?? [])].sort(), ...(path === undefined ? {} : { path }) });
  }
  return requests;
}

function parseRateLimit(limit: EgressRateLimitSpec): EgressRateLimit {
  return { requests: limit.requests, perMs: perMs[limit.per], key: limit.key ?? 'Rule' };
}

function parseRetry(retries: NonNullable<EgressRule['retries']>): Retry {
  const backoffMs = retries.backoff === undefined ? undefined : parseDuration(retries.backoff);
  return {
    attempts: retries.attempts,
    statusCodes: [...(retries.codes ?? [])].sort((a, b) => a - b),
    ...(backoffMs === undefined ? {} : { backoffMs }),
  };
}

/** Fields that have no effect where they stand are not passed over in silence. */
function reportUnused(rule: EgressRule, field: string, to: Reporter): void {
  const certificates = ['caCertificateRefs', 'wellKnownCACertificates', 'clientCertificateRef'] as const;
  for (const name of certificates) {
    if (rule.action !== 'Deny' || rule.tls?.[name] === undefined) continue;
    to.report(`${field}.tls.${name}`, 'A Deny looks at no certificate and denies without; take this field away.');
  }
  const { connect } = rule.timeouts ?? {};
  if (connect !== undefined && parseDuration(connect) === 0) {
    const message = `Nothing connects in ${connect}; ${defaultConnectTimeoutMs / 1000}s are taken instead.`;
    to.report(`${field}.timeouts.connect`, message);
  }
}

function timeoutsOf(rule: EgressRule): Pick<ParsedRule, 'connectTimeoutMs' | 'requestTimeoutMs'> {
  const connect = rule.timeouts?.connect === undefined ? undefined : parseDuration(rule.timeouts.connect);
  const request = rule.timeouts?.request === undefined ? undefined : parseDuration(rule.timeouts.request);
  return {
    // Envoy wants more than 0 here.
    connectTimeoutMs: connect === undefined || connect === 0 ? defaultConnectTimeoutMs : connect,
    ...(request === undefined ? {} : { requestTimeoutMs: request }),
  };
}

function actionOf(
  rule: EgressRule,
  noRequestLeft: boolean,
  origination: Origination | undefined,
): Pick<ParsedRule, 'refusal' | 'originate'> {
  if (rule.action === 'Deny') return {};
  if (origination?.problem !== undefined) return { refusal: origination.problem };
  if (noRequestLeft) return { refusal: 'none of its http entries can be read' };
  return origination?.tls === undefined ? {} : { originate: origination.tls };
}

/** What parsing a rule gives beside the rule itself. */
export interface RuleOutcome {
  readonly rule: ParsedRule;
  readonly origination?: Origination;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses one rule. It never fails: what can't be read allows nothing, and denies more rather than less. */
export function parseRule(read: Read, egress: Egress, rule: EgressRule, index: number): RuleOutcome {
  const ref = refOf(egress);
  const field = `spec.rules[${index}]`;
  const diagnostics: Diagnostic[] = [];
  const to: Reporter = {
    report: (at, message) =>
      diagnostics.push({ severity: 'error', reason: 'UnsupportedValue', message, object: ref, field: at }),
  };
  const deny = rule.action === 'Deny';
  const requests = parseRequests(rule, field, to);
  const origination =
    rule.tls?.mode === 'Originate' && !deny ? resolveOrigination(read, ref, rule.tls, `${field}.tls`) : undefined;
  reportUnused(rule, field, to);
  const noRequestLeft = (rule.http ?? []).length > 0 && requests?.length === 0;
  const name = `${ref.namespace}/${ref.name}`;
  return {
    rule: {
      name: egressRouteName(name, rule.name),
      egress: name,
      namespace: ref.namespace,
      origin: originOf(objectKey(ref)),
      precedence: { createdAt: egress.metadata.creationTimestamp ?? '', object: name },
      index,
      action: deny ? 'Deny' : 'Allow',
      destinations: rule.to.map((entry, i) => parseDestination(entry, `${field}.to[${i}]`, deny, to)),
      requests: requests ?? [],
      ...actionOf(rule, noRequestLeft, origination),
      ...(rule.rateLimit === undefined ? {} : { rateLimit: parseRateLimit(rule.rateLimit) }),
      ...timeoutsOf(rule),
      ...(rule.retries === undefined ? {} : { retry: parseRetry(rule.retries) }),
    },
    ...(origination === undefined ? {} : { origination }),
    diagnostics: [...diagnostics, ...(origination?.diagnostics ?? [])],
  };
}
