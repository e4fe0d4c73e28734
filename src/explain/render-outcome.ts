import type { HeaderModification, HeaderValue, Retry, SessionPersistence, Timeouts } from '../ir/filter.ts';
import { unreachable } from '../lib/never.ts';
import type { ForwardShare, Outcome } from './explanation.ts';

export type Row = readonly [label: string, text: string];

function header({ name, value }: HeaderValue): string {
  return `${name}: ${value}`;
}

function modificationRows(label: string, { set, add, remove }: HeaderModification): readonly Row[] {
  return [
    ...set.map((entry): Row => [label, `set ${header(entry)}`]),
    ...add.map((entry): Row => [label, `add ${header(entry)}`]),
    ...remove.map((name): Row => [label, `remove ${name}`]),
  ];
}

function milliseconds(value: number): string {
  return value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`;
}

function timeoutRows({ requestMs, backendRequestMs }: Timeouts): readonly Row[] {
  const parts = [
    ...(requestMs === undefined ? [] : [requestMs === 0 ? 'none' : milliseconds(requestMs)]),
    ...(backendRequestMs === undefined || backendRequestMs === 0 ? [] : [`each try ${milliseconds(backendRequestMs)}`]),
  ];
  return parts.length === 0 ? [] : [['timeout', parts.join(', ')]];
}

function retryRows(retry: Retry | undefined): readonly Row[] {
  if (retry === undefined) return [];
  const on = retry.statusCodes.length === 0 ? 'on failures of the connection' : `on ${retry.statusCodes.join(', ')}`;
  const backoff = retry.backoffMs === undefined ? '' : `, ${milliseconds(retry.backoffMs)} apart at most`;
  return [['retries', `${retry.attempts} ${on}${backoff}`]];
}

function sessionRows(session: SessionPersistence | undefined): readonly Row[] {
  return session === undefined ? [] : [['session', `sticky by ${session.kind.toLowerCase()} ${session.name}`]];
}

function changeRows({ requestHeaders, responseHeaders }: ForwardShare): readonly Row[] {
  return [...modificationRows('filters', requestHeaders), ...modificationRows('answer', responseHeaders)];
}

/** What is changed for all backends alike; undefined where they differ. */
function commonChanges(shares: readonly ForwardShare[]): readonly Row[] | undefined {
  const [first, ...others] = shares.filter((share) => share.cluster !== undefined).map(changeRows);
  const text = JSON.stringify(first);
  return others.every((rows) => JSON.stringify(rows) === text) ? (first ?? []) : undefined;
}

function shareRows(share: ForwardShare, whole: number, changes: readonly Row[]): readonly Row[] {
  const weight = `weight ${share.weight} of ${whole}`;
  if (share.cluster === undefined) return [['backend', `none that can be used  ${weight}, answered ${share.answers}`]];
  const ready = share.endpoints === 1 ? '1 endpoint ready' : `${share.endpoints} endpoints ready`;
  const answers = share.answers === undefined ? '' : `, answered ${share.answers}`;
  return [['backend', `${share.cluster}  ${weight}, ${ready}${answers}`], ...changes];
}

function sees({ request }: ForwardShare): string {
  return `${request.method} ${request.path}, host ${request.host}`;
}

/** What the backends see: one row where it is the same for all of them. */
function seenRows(shares: readonly ForwardShare[]): readonly Row[] {
  const served = shares.filter((share) => share.cluster !== undefined);
  const distinct = new Set(served.map(sees));
  if (distinct.size <= 1) return [...distinct].map((text) => ['it sees', text]);
  return served.map((share): Row => ['it sees', `${share.cluster}: ${sees(share)}`]);
}

function forwardRows(outcome: Outcome & { readonly kind: 'Forward' }): readonly Row[] {
  const whole = outcome.shares.reduce((sum, share) => sum + share.weight, 0);
  const common = commonChanges(outcome.shares);
  return [
    ...(common ?? []),
    ...timeoutRows(outcome.timeouts),
    ...retryRows(outcome.retry),
    ...sessionRows(outcome.sessionPersistence),
    ...outcome.shares.flatMap((share) => shareRows(share, whole, common === undefined ? changeRows(share) : [])),
    ...seenRows(outcome.shares),
    ...outcome.mirrors.map(({ cluster, numerator, denominator }): Row => {
      return ['mirror', `${cluster}  ${numerator} of ${denominator} requests`];
    }),
    ...(outcome.cors ?? []).map((entry): Row => ['cors', header(entry)]),
  ];
}

/** What becomes of the request, as rows of a label and a text. */
export function outcomeRows(outcome: Outcome): readonly Row[] {
  switch (outcome.kind) {
    case 'Forward':
      return forwardRows(outcome);
    case 'Redirect':
      return [
        ['answer', `${outcome.status} to ${outcome.location}`],
        ...modificationRows('answer', outcome.responseHeaders),
      ];
    case 'DirectResponse':
      return [['answer', `${outcome.status}: ${outcome.why}`], ...modificationRows('answer', outcome.responseHeaders)];
    case 'Preflight':
      return [
        [
          'answer',
          `${outcome.status} to a CORS preflight, ${outcome.allowed ? 'allowed' : 'of an origin not allowed'}`,
        ],
        ...outcome.headers.map((entry): Row => ['cors', header(entry)]),
      ];
    case 'NoRoute':
    case 'Misdirected':
      return [['answer', `${outcome.status}: ${outcome.why}`]];
    case 'Stream':
      return [
        ...outcome.clusters.map(({ cluster, weight }): Row => ['forward', `${cluster} (weight ${weight})`]),
        ['connection', outcome.why],
      ];
    case 'TlsRefused':
      return [['answer', `no connection: ${outcome.why}`]];
    case 'NoListener':
      return [['answer', `nothing: ${outcome.why}`]];
    default:
      return unreachable(outcome);
  }
}
