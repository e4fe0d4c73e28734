import { RE2JS } from 're2js';
import type { HeaderValue } from '../ir/filter.ts';
import type { PathMatch, RouteMatch, ValueMatch } from '../ir/match.ts';
import { unreachable } from '../lib/never.ts';

/** The part of a match that a request does not meet. `actual` is what the request has; absent where it has none. */
export type Mismatch =
  | { readonly part: 'Path'; readonly wanted: PathMatch; readonly actual: string }
  /** It is for gRPC only. */
  | { readonly part: 'Grpc'; readonly actual?: string }
  | { readonly part: 'Method'; readonly wanted: string; readonly actual: string }
  /** A number of labels, as the wildcard of an Ingress stands for one. */
  | { readonly part: 'HostLabels'; readonly wanted: number; readonly actual: number }
  | { readonly part: 'Header' | 'QueryParam'; readonly wanted: ValueMatch; readonly actual?: string };

/** What routes are compared with, after the proxy has normalised it. */
export interface RoutableRequest {
  /** Lower case, without port. */
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly headers: readonly HeaderValue[];
}

/** Whether RE2 matches the whole text. An expression that RE2 refuses matches nothing. */
function matchesRegex(expression: string, text: string): boolean {
  try {
    return RE2JS.compile(expression, RE2JS.DOTALL).matches(text);
  } catch {
    return false;
  }
}

export function matchesPath(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case 'Exact':
      return path === match.value;
    case 'Prefix':
      return match.value === '/' || path === match.value || path.startsWith(`${match.value}/`);
    case 'RegularExpression':
      return matchesRegex(match.value, path);
    default:
      return unreachable(match);
  }
}

function matchesValue(match: ValueMatch, actual: string): boolean {
  return match.kind === 'Exact' ? actual === match.value : matchesRegex(match.value, actual);
}

/** The values of a header, as they are compared: each by itself, and one that fits is enough. */
function headerValues(headers: readonly HeaderValue[], name: string): readonly string[] {
  return headers.filter((header) => header.name === name).map((header) => header.value);
}

/** A header's values in one; undefined where the request has none. */
export function headerValue(headers: readonly HeaderValue[], name: string): string | undefined {
  const values = headerValues(headers, name);
  return values.length === 0 ? undefined : values.join(',');
}

/** The first value of a query parameter, as it is written: the proxy decodes nothing. None where there is none. */
function queryValues(query: string | undefined, name: string): readonly string[] {
  for (const pair of query?.split('&') ?? []) {
    const equals = pair.indexOf('=');
    const key = equals === -1 ? pair : pair.slice(0, equals);
    if (key === name) return [equals === -1 ? '' : pair.slice(equals + 1)];
  }
  return [];
}

function compareValue(part: 'Header' | 'QueryParam', wanted: ValueMatch, actual: readonly string[]): Mismatch[] {
  if (actual.length === 0) return [{ part, wanted }];
  return actual.some((value) => matchesValue(wanted, value)) ? [] : [{ part, wanted, actual: actual.join(',') }];
}

/** Whether a request says that it is gRPC, whatever the encoding of its messages; gRPC-Web is another protocol. */
export function isGrpc(headers: readonly HeaderValue[]): boolean {
  return /^application\/grpc(?:\+|$)/.test(headerValue(headers, 'content-type') ?? '');
}

/** What of the match the request does not meet; empty where it matches. */
export function compareRequest(match: RouteMatch, request: RoutableRequest): readonly Mismatch[] {
  const mismatches: Mismatch[] = [];
  const labels = request.host.split('.').length;
  if (match.hostLabels !== undefined && match.hostLabels !== labels) {
    mismatches.push({ part: 'HostLabels', wanted: match.hostLabels, actual: labels });
  }
  if (match.grpc !== undefined && !isGrpc(request.headers)) {
    const actual = headerValue(request.headers, 'content-type');
    mismatches.push({ part: 'Grpc', ...(actual === undefined ? {} : { actual }) });
  }
  if (!matchesPath(match.path, request.path)) {
    mismatches.push({ part: 'Path', wanted: match.path, actual: request.path });
  }
  if (match.method !== undefined && match.method !== request.method) {
    mismatches.push({ part: 'Method', wanted: match.method, actual: request.method });
  }
  for (const header of match.headers) {
    mismatches.push(...compareValue('Header', header, headerValues(request.headers, header.name)));
  }
  for (const param of match.queryParams) {
    mismatches.push(...compareValue('QueryParam', param, queryValues(request.query, param.name)));
  }
  return mismatches;
}
