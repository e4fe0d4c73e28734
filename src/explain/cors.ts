import type { Cors, HeaderValue, OriginMatch } from '../ir/filter.ts';
import type { RouteMatch } from '../ir/match.ts';
import { headerValue, type RoutableRequest } from './match.ts';

interface OriginParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const originParts = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+|\*))?$/i;

/** An origin by its parts; the scheme's own port is written out, as both spellings are one origin. */
function parseOrigin(text: string): OriginParts | undefined {
  const parts = originParts.exec(text);
  if (parts === null) return undefined;
  const [, scheme = '', host = '', port] = parts;
  const lower = scheme.toLowerCase();
  return { scheme: lower, host: host.toLowerCase(), port: port ?? (lower === 'https' ? '443' : '80') };
}

function coversOriginHost(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const [before = '', after = ''] = pattern.split('*');
  return host.length > before.length + after.length && host.startsWith(before) && host.endsWith(after);
}

function allowsOrigin({ value }: OriginMatch, origin: string): boolean {
  if (value === '*') return true;
  const wanted = parseOrigin(value);
  const actual = parseOrigin(origin);
  if (wanted === undefined || actual === undefined) return value === origin;
  return (
    wanted.scheme === actual.scheme &&
    coversOriginHost(wanted.host, actual.host) &&
    (wanted.port === '*' || wanted.port === actual.port)
  );
}

/** What a route's CORS filter does with a request. */
export type CorsDecision =
  | { readonly kind: 'Preflight'; readonly allowed: boolean; readonly headers: readonly HeaderValue[] }
  | { readonly kind: 'Forward'; readonly headers?: readonly HeaderValue[] };

/** A list as a header, `*` answered by what was asked for: with credentials a star would be taken by its letter. */
function listed(name: string, values: readonly string[], asked: string | undefined): readonly HeaderValue[] {
  const value = values.includes('*') ? (asked ?? '') : values.join(', ');
  return value === '' ? [] : [{ name, value }];
}

/** What an allowed origin is told with every answer. */
function answerHeaders(cors: Cors, origin: string): readonly HeaderValue[] {
  const exposed = cors.allowCredentials ? cors.exposeHeaders.filter((name) => name !== '*') : cors.exposeHeaders;
  const exposes = exposed.includes('*') ? '*' : exposed.join(', ');
  return [
    { name: 'access-control-allow-origin', value: origin },
    ...(cors.allowCredentials ? [{ name: 'access-control-allow-credentials', value: 'true' }] : []),
    ...(exposes === '' ? [] : [{ name: 'access-control-expose-headers', value: exposes }]),
  ];
}

function preflightHeaders(cors: Cors, origin: string, request: RoutableRequest): readonly HeaderValue[] {
  const asked = (what: string) => headerValue(request.headers, `access-control-request-${what}`);
  return [
    ...answerHeaders(cors, origin),
    ...listed('access-control-allow-methods', cors.allowMethods, asked('method')),
    ...listed('access-control-allow-headers', cors.allowHeaders, asked('headers')),
    { name: 'access-control-max-age', value: String(cors.maxAgeSeconds) },
  ];
}

/** Decides by origin, and by whether the request is a preflight that the route's match lets through (GEP-1767). */
export function decideCors(cors: Cors, match: RouteMatch, request: RoutableRequest): CorsDecision {
  const origin = headerValue(request.headers, 'origin');
  if (origin === undefined) return { kind: 'Forward' };
  const allowed = cors.allowOrigins.some((entry) => allowsOrigin(entry, origin));
  const sees = match.method === undefined || match.method === 'OPTIONS';
  const preflight =
    sees && request.method === 'OPTIONS' && headerValue(request.headers, 'access-control-request-method') !== undefined;
  if (preflight) {
    return { kind: 'Preflight', allowed, headers: allowed ? preflightHeaders(cors, origin, request) : [] };
  }
  return allowed ? { kind: 'Forward', headers: answerHeaders(cors, origin) } : { kind: 'Forward' };
}
