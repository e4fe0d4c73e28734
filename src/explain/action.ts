import { type HeaderModification, type HeaderValue, noHeaderModification } from '../ir/filter.ts';
import type { GatewayIr } from '../ir/ir.ts';
import { type Forward, type Redirect, type Route, unusableStatus, type WeightedCluster } from '../ir/route.ts';
import { unreachable } from '../lib/never.ts';
import type { BackendRequest, ForwardShare, Outcome } from './explanation.ts';
import { decideCors } from './cors.ts';
import { mergeModifications, modifyHeaders } from './headers.ts';
import type { RoutableRequest } from './match.ts';
import { rewritePath } from './path.ts';

/** A request at a route that matches it. */
export interface Arrived {
  readonly gateway: GatewayIr;
  readonly request: RoutableRequest;
  /** The Host header, with its port where it has one. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
}

function withQuery(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}?${query}`;
}

/** Host is no header like the others: to set it is to rewrite the host; a rewrite's own hostname goes before. */
function splitHost(change: HeaderModification): { readonly headers: HeaderModification; readonly host?: string } {
  const set = change.set.findLast(({ name }) => name === 'host');
  const other = ({ name }: HeaderValue): boolean => name !== 'host';
  const headers = {
    set: change.set.filter(other),
    add: change.add.filter(other),
    remove: change.remove.filter((name) => name !== 'host'),
  };
  return { headers, ...(set !== undefined && { host: set.value }) };
}

function backendRequest(route: Route, forward: Forward, cluster: WeightedCluster, arrived: Arrived): BackendRequest {
  const { request, authority } = arrived;
  const { headers, host } = splitHost(mergeModifications(route.requestHeaders, cluster.requestHeaders));
  const path = cluster.rewrite?.path ?? forward.rewrite?.path;
  return {
    method: request.method,
    host: cluster.rewrite?.hostname ?? forward.rewrite?.hostname ?? host ?? authority,
    path: withQuery(path === undefined ? request.path : rewritePath(request.path, path), request.query),
    headers: modifyHeaders(request.headers, headers),
  };
}

function countEndpoints({ clusters, endpoints }: GatewayIr, name: string): number | undefined {
  const cluster = clusters.find((entry) => entry.name === name);
  if (cluster === undefined) return undefined;
  // What the DNS says is not known here.
  if (cluster.dns !== undefined) return 1;
  const set = endpoints.find((entry) => entry.cluster === name);
  return set?.localities.reduce((sum, locality) => sum + locality.endpoints.length, 0) ?? 0;
}

function shareOf(route: Route, forward: Forward, cluster: WeightedCluster, arrived: Arrived): ForwardShare {
  const endpoints = countEndpoints(arrived.gateway, cluster.cluster);
  return {
    cluster: cluster.cluster,
    weight: cluster.weight,
    endpoints: endpoints ?? 0,
    ...(endpoints === undefined
      ? { answers: unusableStatus(route.match) }
      : endpoints === 0
        ? { answers: 503 as const }
        : {}),
    request: backendRequest(route, forward, cluster, arrived),
    requestHeaders: splitHost(mergeModifications(route.requestHeaders, cluster.requestHeaders)).headers,
    responseHeaders: mergeModifications(route.responseHeaders, cluster.responseHeaders),
  };
}

function invalidShare(route: Route, forward: Forward, arrived: Arrived): ForwardShare {
  const { method, headers, path, query } = arrived.request;
  return {
    weight: forward.invalidWeight,
    endpoints: 0,
    answers: unusableStatus(route.match),
    request: { method, host: arrived.authority, path: withQuery(path, query), headers },
    requestHeaders: noHeaderModification,
    responseHeaders: route.responseHeaders,
  };
}

function explainForward(
  route: Route,
  forward: Forward,
  arrived: Arrived,
  cors: readonly HeaderValue[] | undefined,
): Outcome {
  const shares = forward.clusters.map((cluster) => shareOf(route, forward, cluster, arrived));
  const { mirrors, timeouts, retry, sessionPersistence } = forward;
  return {
    kind: 'Forward',
    shares: forward.invalidWeight === 0 ? shares : [...shares, invalidShare(route, forward, arrived)],
    mirrors,
    timeouts,
    ...(retry !== undefined && { retry }),
    ...(sessionPersistence !== undefined && { sessionPersistence }),
    ...(cors !== undefined && { cors }),
  };
}

/** What is not given stays as in the request, but for the port of the Host, which is never kept. */
function locationOf(redirect: Redirect, { request, authority, scheme }: Arrived): string {
  const host = redirect.hostname ?? authority.replace(/:\d*$/, '');
  const port = redirect.port === undefined ? '' : `:${redirect.port}`;
  const path = redirect.path === undefined ? request.path : rewritePath(request.path, redirect.path);
  return `${redirect.scheme ?? scheme}://${host}${port}${withQuery(path, request.query)}`;
}

/** What a route does with a request that it matches. */
export function explainAction(route: Route, arrived: Arrived): Outcome {
  const { action, responseHeaders } = route;
  const cors = route.cors === undefined ? undefined : decideCors(route.cors, route.match, arrived.request);
  // Only routes that forward have the filter that answers the preflights of allowed origins.
  const answered = cors?.kind === 'Preflight' && (action.kind === 'Forward' || !cors.allowed);
  if (answered) return { ...cors, status: cors.allowed ? 200 : 204 };
  switch (action.kind) {
    case 'Forward':
      return explainForward(route, action, arrived, cors?.headers);
    case 'Redirect':
      return { kind: 'Redirect', status: action.statusCode, location: locationOf(action, arrived), responseHeaders };
    case 'DirectResponse':
      return { kind: 'DirectResponse', status: action.statusCode, why: action.why, responseHeaders };
    default:
      return unreachable(action);
  }
}
