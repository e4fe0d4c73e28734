import { CorsPolicySchema } from '../../../gen/envoy/envoy/extensions/filters/http/cors/v3/cors_pb.js';
import type { Cors, OriginMatch } from '../../ir/filter.ts';
import type { RouteMatch } from '../../ir/match.ts';
import { quoteRegex } from '../../lib/regex.ts';
import { httpFilterNames, type RouteFilter } from '../http-filter.ts';
import { packAny } from '../proto.ts';
import { exactString, headerMatch, headerPresent, wholeRegex, type HeaderMatcherInit } from './match.ts';

/** A copy of a route that takes only some of its requests; `refusePreflight`: it answers by itself. */
export interface RouteVariant {
  readonly conditions: readonly HeaderMatcherInit[];
  readonly filters: readonly RouteFilter[];
  readonly refusePreflight: boolean;
}

const originParts = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+|\*))?$/i;
const defaultPorts: { readonly [scheme: string]: string } = { http: '80', https: '443' };

/** Browsers leave a scheme's own port out of an origin, a list may have it: both spellings are one origin. */
function originRegex({ kind, value }: OriginMatch): string {
  if (value === '*') return '.*';
  const parts = originParts.exec(value);
  if (parts === null) return quoteRegex(value);
  const [, scheme = '', host = '', port] = parts;
  const ownPort = defaultPorts[scheme.toLowerCase()];
  const hostRegex = kind === 'Pattern' ? quoteRegex(host).replaceAll('\\*', '[^/:]+') : quoteRegex(host);
  const portRegex =
    port === '*'
      ? '(?::[0-9]+)?'
      : port === undefined || port === ownPort
        ? ownPort === undefined
          ? ''
          : `(?::${ownPort})?`
        : `:${port}`;
  return `(?i:${quoteRegex(scheme)}://${hostRegex})${portRegex}`;
}

function list(values: readonly string[]): string {
  return values.includes('*') ? '*' : values.join(', ');
}

function corsFilter(cors: Cors, origins: string, allowHeaders: string): RouteFilter {
  // With credentials a "*" is a header named "*" to browsers and exposes nothing (Fetch standard).
  const exposed = cors.allowCredentials ? cors.exposeHeaders.filter((name) => name !== '*') : cors.exposeHeaders;
  const policy = packAny(CorsPolicySchema, {
    allowOriginStringMatch: [wholeRegex(origins)],
    // Envoy echoes what was asked for where "*" is allowed, which also holds for requests with credentials.
    allowMethods: list(cors.allowMethods),
    allowHeaders,
    exposeHeaders: list(exposed),
    maxAge: String(cors.maxAgeSeconds),
    allowCredentials: cors.allowCredentials,
    forwardNotMatchingPreflights: false,
  });
  return [httpFilterNames.cors, policy];
}

const isPreflight = [
  headerMatch(':method', exactString('OPTIONS')),
  headerPresent('origin', true),
  headerPresent('access-control-request-method', true),
];

/**
 * Envoy's filter sends some of its headers to origins that are not allowed, and an empty Access-Control-Allow-Headers
 * where "*" is allowed but nothing was asked for. Both are cases of their own here: allowed origins meet a variant with
 * the filter, a preflight of another origin is answered 204 without CORS headers, all else is forwarded without them.
 */
export function corsVariants(cors: Cors | undefined, match: RouteMatch): readonly RouteVariant[] {
  const plain: RouteVariant = { conditions: [], filters: [], refusePreflight: false };
  if (cors === undefined) return [plain];
  const everyOrigin = cors.allowOrigins.some((origin) => origin.value === '*');
  const origins = everyOrigin ? '.*' : cors.allowOrigins.map(originRegex).join('|');
  const allowed = everyOrigin ? [] : [headerMatch('origin', wholeRegex(origins))];
  // A route of another method never sees a preflight.
  const preflights = match.method === undefined || match.method === 'OPTIONS';
  const variants: RouteVariant[] = [];
  const add = (conditions: readonly HeaderMatcherInit[], filters: readonly RouteFilter[], refusePreflight = false) =>
    variants.push({ conditions, filters, refusePreflight });
  if (preflights && cors.allowHeaders.includes('*')) {
    const nothingAsked = headerPresent('access-control-request-headers', false);
    add([...allowed, ...isPreflight, nothingAsked], [corsFilter(cors, origins, '')]);
  }
  add(allowed, [corsFilter(cors, origins, list(cors.allowHeaders))]);
  if (everyOrigin) return variants;
  if (preflights) add(isPreflight, [], true);
  return [...variants, plain];
}
