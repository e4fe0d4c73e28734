import type { IncomingHttpHeaders } from 'node:http';
import type { Explanation, ForwardShare, Outcome } from '../../src/explain/explanation.ts';
import { modifyHeaders } from '../../src/explain/headers.ts';
import type { HeaderValue } from '../../src/ir/filter.ts';
import { compareStrings } from '../../src/lib/order.ts';
import type { Observation } from './observe.ts';

type Answered = Observation & { readonly kind: 'Answered' };

/** What every backend answers beside its account. */
export const backendHeaders: readonly HeaderValue[] = [
  { name: 'x-base', value: 'base' },
  { name: 'x-gone', value: 'gone' },
];

/** Made up for each request or connection: nothing that a rule decides. */
const volatile = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'user-agent',
  'x-request-id',
  'x-forwarded-for',
  'x-envoy-external-address',
  'x-envoy-expected-rq-timeout-ms',
]);

type Headers = Readonly<Record<string, string>>;

function joined(headers: readonly HeaderValue[], keep: (name: string) => boolean): Headers {
  const values = new Map<string, string>();
  for (const { name, value } of headers) {
    if (!keep(name)) continue;
    const known = values.get(name);
    values.set(name, known === undefined ? value : `${known}, ${value}`);
  }
  return Object.fromEntries([...values].sort(([a], [b]) => compareStrings(a, b)));
}

function plain(headers: IncomingHttpHeaders, keep: (name: string) => boolean): Headers {
  const list = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((text) => ({ name, value: text })),
  );
  return joined(list, keep);
}

const isRequestHeader = (name: string): boolean => !volatile.has(name);
const isAnswerHeader = (name: string): boolean =>
  (name.startsWith('x-') && name !== 'x-echo') || name.startsWith('access-control-');

interface Facts {
  readonly status?: number;
  readonly route: string;
  readonly cluster?: string | undefined;
  readonly location?: string | undefined;
  readonly seen?: { readonly path: string; readonly host: string; readonly headers: Headers } | undefined;
  readonly answer?: Headers;
  /** Backends that get the request or a copy of it, in the order of their names. */
  readonly reached: readonly string[];
}

/** The name of the backend behind a cluster of the ground, `default/s0:80`. */
function backendOf(cluster: string): string {
  return /([^/]+):/.exec(cluster)?.[1] ?? cluster;
}

function servedFacts(
  share: ForwardShare,
  route: string,
  { mirrors, cors = [] }: Outcome & { readonly kind: 'Forward' },
): Facts {
  const { path, host, headers } = share.request;
  const served = [...modifyHeaders(backendHeaders, share.responseHeaders), ...cors];
  return {
    status: 200,
    route,
    cluster: share.cluster,
    seen: { path, host, headers: joined(headers, isRequestHeader) },
    answer: joined(served, isAnswerHeader),
    reached: [share.cluster ?? '', ...mirrors.map(({ cluster }) => cluster)].map(backendOf).sort(compareStrings),
  };
}

/** What the proxy adds to an answer of its own. */
function ownAnswer(headers: readonly HeaderValue[]): Headers {
  return joined(headers, isAnswerHeader);
}

function forwardFacts(outcome: Outcome & { readonly kind: 'Forward' }, route: string): readonly Facts[] {
  const cors = outcome.cors ?? [];
  return outcome.shares.map((share): Facts => {
    if (share.answers === undefined) return servedFacts(share, route, outcome);
    const answer = ownAnswer([...modifyHeaders([], share.responseHeaders), ...cors]);
    return { status: share.answers, route, cluster: share.cluster, answer, reached: [] };
  });
}

/** All that may be observed: one of several where a rule has several backends. */
function expected({ outcome, route, section }: Explanation, bySection: boolean): readonly Facts[] {
  const name = route?.name ?? '';
  switch (outcome.kind) {
    case 'Forward':
      return forwardFacts(outcome, name);
    case 'Redirect': {
      const answer = ownAnswer(modifyHeaders([], outcome.responseHeaders));
      return [{ status: outcome.status, route: name, location: outcome.location, answer, reached: [] }];
    }
    case 'DirectResponse':
      return [
        {
          status: outcome.status,
          route: name,
          answer: ownAnswer(modifyHeaders([], outcome.responseHeaders)),
          reached: [],
        },
      ];
    case 'Preflight':
      return [{ status: outcome.status, route: name, answer: ownAnswer(outcome.headers), reached: [] }];
    case 'NoRoute':
      return [{ status: 404, route: bySection && section !== undefined ? 'no-route' : '', answer: {}, reached: [] }];
    case 'Misdirected':
      return [{ status: 421, route: 'misdirected', answer: {}, reached: [] }];
    case 'Stream':
    case 'TlsRefused':
    case 'NoListener':
      return [];
  }
}

/** A request that the proxy answers itself is logged with the cluster of its route, if it has one: that tells nothing. */
function observed(observation: Answered, forwards: boolean): Facts {
  const { status, headers, seen, logged } = observation;
  const { host = '', ...rest } = seen?.headers ?? {};
  return {
    status,
    route: logged.route ?? '',
    cluster: forwards ? logged.cluster : undefined,
    location: headers.location,
    seen: seen === undefined ? undefined : { path: seen.path, host, headers: plain(rest, isRequestHeader) },
    answer: plain(headers, isAnswerHeader),
    reached: observation.reached(),
  };
}

function same(a: Facts, b: Facts): boolean {
  const keys = ['status', 'route', 'cluster', 'location', 'seen', 'answer', 'reached'] as const;
  return keys.every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

/** What an explanation says otherwise than was observed; undefined where they agree. */
export function compareExplanation(explanation: Explanation, observation: Observation): string | undefined {
  const possible = expected(explanation, explanation.chain !== undefined);
  if (observation.kind === 'Refused') {
    return possible.length === 0 ? undefined : `explained ${explanation.outcome.kind}, but no connection came about`;
  }
  const facts = observed(observation, explanation.outcome.kind === 'Forward');
  if (possible.some((entry) => same(entry, facts))) return undefined;
  return `explained ${JSON.stringify(possible)}\nobserved  ${JSON.stringify(facts)}`;
}
