import type { PathMatch, RouteMatch } from '../ir/match.ts';
import type { Route } from '../ir/route.ts';
import { compareStrings } from '../lib/order.ts';
import type { Precedence } from './attachment.ts';

/** The older object goes first, then the first by name (as every API asks for where two conflict). */
export function comparePrecedence(a: Precedence, b: Precedence): number {
  return compareStrings(a.createdAt, b.createdAt) || compareStrings(a.object, b.object);
}

const pathRank: { readonly [K in PathMatch['kind']]: number } = { Exact: 0, RegularExpression: 1, Prefix: 2 };

/**
 * Matches of GRPCRoutes go before those that are not for gRPC alone; among them more characters of the service, then
 * of the method, then more headers (GRPCRouteRule.matches).
 */
function compareGrpc(a: RouteMatch, b: RouteMatch): number {
  if (a.grpc === undefined || b.grpc === undefined) return Number(a.grpc === undefined) - Number(b.grpc === undefined);
  return b.grpc.service - a.grpc.service || b.grpc.method - a.grpc.method || b.headers.length - a.headers.length;
}

/**
 * Orders matches, the one to try first first: exact path, regular expression, longest prefix; then a method, more
 * headers, more query parameters (HTTPRouteRule.matches; the place of regular expressions is left to implementations).
 */
export function compareMatches(a: RouteMatch, b: RouteMatch): number {
  if (a.grpc !== undefined || b.grpc !== undefined) return compareGrpc(a, b);
  return (
    pathRank[a.path.kind] - pathRank[b.path.kind] ||
    b.path.value.length - a.path.value.length ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    b.headers.length - a.headers.length ||
    b.queryParams.length - a.queryParams.length
  );
}

/** A route with what decides between equal matches. */
export interface RankedRoute {
  readonly route: Route;
  readonly precedence: Precedence;
  readonly fallback: boolean;
  /** Place among the routes of its object. */
  readonly position: number;
}

/** Total order of the routes of a virtual host: by match, then the oldest object, its name, and the order in it. */
export function compareRoutes(a: RankedRoute, b: RankedRoute): number {
  return (
    Number(a.fallback) - Number(b.fallback) ||
    compareMatches(a.route.match, b.route.match) ||
    comparePrecedence(a.precedence, b.precedence) ||
    compareStrings(a.route.origin, b.route.origin) ||
    a.position - b.position
  );
}

function valuesKey(matches: RouteMatch['headers']): string {
  return matches
    .map((match) => JSON.stringify([match.name, match.kind, match.value]))
    .sort()
    .join();
}

/** Equal keys: every request that one of the matches takes, the other takes too. */
export function matchKey(match: RouteMatch): string {
  return JSON.stringify([
    match.path.kind,
    match.path.value,
    match.method ?? '',
    valuesKey(match.headers),
    valuesKey(match.queryParams),
    match.hostLabels ?? 0,
    match.grpc !== undefined,
  ]);
}
