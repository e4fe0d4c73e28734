import type { HeaderValue } from '../../ir/filter.ts';
import type { EgressExplanation } from '../explain-egress.ts';
import type { Explanation, ForwardShare, Outcome } from '../explanation.ts';
import { modifyHeaders } from '../headers.ts';
import { headerValue } from '../match.ts';
import { objectName } from '../not-chosen.ts';
import type { ExpectedAnswer, ExpectedBackend, ExpectedEgress } from './test-case.ts';

/** One thing that is not as it was expected. */
export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

type Plain = string | number | boolean | undefined;

function differ(field: string, expected: Plain, actual: Plain): readonly Difference[] {
  if (expected === undefined || String(expected) === String(actual)) return [];
  return [{ field, expected: String(expected), actual: actual === undefined ? 'none' : String(actual) }];
}

/** The status that is certain; a request that goes to backends gets theirs. */
function statusOf(outcome: Outcome): number | string {
  switch (outcome.kind) {
    case 'Forward': {
      const [first, ...others] = new Set(outcome.shares.map((share) => share.answers ?? 'that of the backend'));
      return others.length === 0 && first !== undefined ? first : 'that of the backend, or 500 or 503';
    }
    case 'TlsRefused':
      return 'none, as no TLS connection comes about';
    case 'NoListener':
      return 'none, as nothing listens';
    case 'Stream':
      return 'that of the backend, as the connection is not read as HTTP';
    default:
      return outcome.status;
  }
}

function sharesOf(outcome: Outcome): readonly ForwardShare[] {
  return outcome.kind === 'Forward' ? outcome.shares.filter((share) => share.cluster !== undefined) : [];
}

function describeBackends(backends: readonly ExpectedBackend[]): string {
  const parts = backends.map(({ name, weight }) => (weight === undefined ? name : `${name} (weight ${weight})`));
  return names(parts);
}

function compareBackends(expected: readonly ExpectedBackend[] | undefined, outcome: Outcome): readonly Difference[] {
  if (expected === undefined) return [];
  const actual = sharesOf(outcome).map(({ cluster = '', weight }): ExpectedBackend => {
    const weighed = expected.some((backend) => backend.name === cluster && backend.weight !== undefined);
    return { name: cluster, ...(weighed && { weight }) };
  });
  return differ('backends', describeBackends(expected), describeBackends(actual));
}

function compareHeaders(
  field: string,
  expected: Readonly<Record<string, string | null>> | undefined,
  actual: readonly HeaderValue[],
): readonly Difference[] {
  return Object.entries(expected ?? {}).flatMap(([name, value]) => {
    const found = headerValue(actual, name);
    return differ(`${field} ${name}`, value ?? 'none', found ?? 'none');
  });
}

/** Headers of the answer that the proxy sets or adds by itself, whatever a backend says. */
function answerHeaders(outcome: Outcome, share: ForwardShare | undefined): readonly HeaderValue[] {
  switch (outcome.kind) {
    case 'Forward':
      return [
        ...modifyHeaders([], share?.responseHeaders ?? { set: [], add: [], remove: [] }),
        ...(outcome.cors ?? []),
      ];
    case 'Redirect':
    case 'DirectResponse':
      return modifyHeaders([], outcome.responseHeaders);
    case 'Preflight':
      return outcome.headers;
    default:
      return [];
  }
}

/** What holds for each share alike is told once; where shares differ, each has to be as expected. */
function compareShares(expected: ExpectedAnswer, outcome: Outcome): readonly Difference[] {
  const shares = sharesOf(outcome);
  const wanted = expected.path !== undefined || expected.host !== undefined || expected.requestHeaders !== undefined;
  const [first] = shares;
  if (first === undefined) {
    const unseen = wanted ? differ('backend request', 'one', undefined) : [];
    return [...unseen, ...compareHeaders('responseHeaders', expected.responseHeaders, answerHeaders(outcome, first))];
  }
  const all = shares.flatMap((share) => [
    ...differ('path', expected.path, share.request.path),
    ...differ('host', expected.host, share.request.host),
    ...compareHeaders('requestHeaders', expected.requestHeaders, share.request.headers),
    ...compareHeaders('responseHeaders', expected.responseHeaders, answerHeaders(outcome, share)),
  ]);
  return [...new Map(all.map((difference) => [JSON.stringify(difference), difference])).values()];
}

function compareRule(rule: string | undefined, { route }: Explanation): readonly Difference[] {
  if (rule === undefined || (route !== undefined && rule === String(route.rule))) return [];
  return differ('rule', rule, route === undefined ? undefined : (route.ruleName ?? route.rule));
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'none' : list.toSorted().join(', ');
}

/** Everything about an explanation that is not as expected. */
export function judgeAnswer(expected: ExpectedAnswer, explanation: Explanation): readonly Difference[] {
  const { outcome, route, gateway, section } = explanation;
  const mirrors = outcome.kind === 'Forward' ? outcome.mirrors.map(({ cluster }) => cluster) : [];
  return [
    ...differ('outcome', expected.outcome, outcome.kind),
    ...differ('status', expected.status, statusOf(outcome)),
    ...differ('location', expected.location, outcome.kind === 'Redirect' ? outcome.location : undefined),
    ...differ('route', expected.route, route === undefined ? undefined : objectName(route.origin)),
    ...compareRule(expected.rule, explanation),
    ...differ('gateway', expected.gateway, gateway),
    ...differ('listener', expected.listener, section),
    ...compareBackends(expected.backends, outcome),
    ...compareShares(expected, outcome),
    ...(expected.mirrors === undefined ? [] : differ('mirrors', names(expected.mirrors), names(mirrors))),
  ];
}

/** Everything about a decision that is not as expected; without an explanation nothing takes the call. */
export function judgeEgress(
  expected: ExpectedEgress,
  explanation: EgressExplanation | undefined,
): readonly Difference[] {
  if (explanation === undefined) return differ('listener', 'one of an egress Gateway', undefined);
  const { decision } = explanation;
  return [
    ...differ('allowed', expected.allowed, decision.allowed),
    ...differ('rule', expected.rule, decision.rule),
    ...differ('reason', expected.reason, decision.allowed ? undefined : decision.reason),
  ];
}
