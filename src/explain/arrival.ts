import type { HeaderValue } from '../ir/filter.ts';
import type { RoutableRequest } from './match.ts';
import { hostOf, type HttpRequest } from './request.ts';

/** A request after the proxy's own treatment, or the answer that it gets before any route is looked at. */
export type Arrival =
  | { readonly kind: 'Routable'; readonly request: RoutableRequest; readonly authority: string }
  | { readonly kind: 'Refused'; readonly status: 400 | 404; readonly why: string }
  | { readonly kind: 'Redirected'; readonly status: 307; readonly location: string };

/** Headers that clients can't set: the proxy takes them off (use_remote_address). */
const untrusted: ReadonlySet<string> = new Set(
  [
    'decorator-operation',
    'downstream-service-cluster',
    'downstream-service-node',
    'expected-rq-timeout-ms',
    'force-trace',
    'hedge-on-per-try-timeout',
    'internal',
    'ip-tags',
    'max-retries',
    'original-path',
    'retriable-header-names',
    'retriable-status-codes',
    'retry-grpc-on',
    'retry-on',
    'upstream-alt-stat-name',
    'upstream-rq-per-try-timeout-ms',
    'upstream-rq-timeout-alt-response',
    'upstream-rq-timeout-ms',
    'upstream-stream-duration-ms',
  ].map((name) => `x-envoy-${name}`),
);

function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Writes each character as the proxy does: unreserved ones by themselves (RFC 3986, 2.3), what no URL may hold escaped. */
function spell(path: string): string {
  const unescaped = path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const char = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : escape;
  });
  return unescaped.replaceAll(/["<>^`{|}]|[^!-~]+/g, percent);
}

/** Takes out `.` and `..`, each with its slash, and makes several slashes one (RFC 3986, 5.2.4). */
function normalizePath(path: string): string {
  const elements: string[] = [];
  const parts = spell(path).replaceAll('\\', '/').split('/').slice(1);
  parts.forEach((part, index) => {
    if (part !== '.' && part !== '..') {
      elements.push(part);
      return;
    }
    if (part === '..') elements.pop();
    if (index === parts.length - 1) elements.push('');
  });
  return `/${elements.join('/')}`.replaceAll(/\/{2,}/g, '/');
}

/** The Host header as routes and backends see it: without the dot at the end of the name. */
function withoutTrailingDot(authority: string): string {
  return authority.replace(/\.(?=$|:\d+$)/, '');
}

function arrivingHeaders({ headers, scheme }: HttpRequest): readonly HeaderValue[] {
  const kept = headers.filter(({ name }) => !untrusted.has(name) && name !== 'x-forwarded-proto');
  return [...kept, { name: 'x-forwarded-proto', value: scheme }];
}

/** What the edge makes of a request, in the order in which it does (`src/xds/listener/edge-settings.ts`). */
export function admitRequest(sent: HttpRequest): Arrival {
  const { headers, path, query } = sent;
  const underscored = headers.find(({ name }) => name.includes('_'));
  if (underscored !== undefined) {
    const why = `header ${underscored.name} has an underscore in its name, which backends may mistake for a dash`;
    return { kind: 'Refused', status: 400, why };
  }
  if (sent.method === 'CONNECT') {
    return { kind: 'Refused', status: 404, why: 'CONNECT asks for a tunnel, which only egress Gateways open' };
  }
  if (/%00/.test(path)) return { kind: 'Refused', status: 400, why: 'its path holds a NUL character' };
  const authority = withoutTrailingDot(sent.authority);
  const unescaped = path.replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\');
  const normalized = normalizePath(unescaped);
  if (unescaped !== path) {
    const location = query === undefined ? normalized : `${normalized}?${query}`;
    return { kind: 'Redirected', status: 307, location };
  }
  const request = {
    host: hostOf(authority),
    method: sent.method,
    path: normalized,
    query,
    headers: arrivingHeaders(sent),
  };
  return { kind: 'Routable', request, authority };
}
