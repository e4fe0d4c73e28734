import type { Explanation } from '../../src/explain/explanation.ts';
import type { GatewayIr } from '../../src/ir/ir.ts';
import type { Route } from '../../src/ir/route.ts';

/** The route that an explanation names, as the IR has it. */
function findRoute(gateway: GatewayIr | undefined, { listener, virtualHost, route }: Explanation): Route | undefined {
  const hosts = gateway?.routeTables
    .filter((table) => table.name.endsWith(`/${listener?.port}`))
    .flatMap((table) => table.virtualHosts);
  return hosts
    ?.find(({ name }) => name === virtualHost?.name)
    ?.routes.find(({ name, origin }) => name === route?.name && origin === route.origin);
}

function matchKinds({ match }: Route): readonly string[] {
  return [
    `path ${match.path.kind}`,
    ...(match.method === undefined ? [] : ['method']),
    ...match.headers.map(({ kind }) => `header ${kind}`),
    ...match.queryParams.map(({ kind }) => `query ${kind}`),
  ];
}

function filterKinds({ action, requestHeaders, responseHeaders, cors }: Route): readonly string[] {
  const changed = (part: Route['requestHeaders']): boolean =>
    part.set.length + part.add.length + part.remove.length > 0;
  const kinds = [
    ...(changed(requestHeaders) ? ['request headers'] : []),
    ...(changed(responseHeaders) ? ['response headers'] : []),
    ...(cors === undefined ? [] : ['CORS']),
  ];
  if (action.kind !== 'Forward') return [...kinds, ...(action.kind === 'Redirect' ? ['redirect'] : [])];
  const { rewrite, clusters, invalidWeight, mirrors, timeouts, retry, sessionPersistence } = action;
  const own = clusters.some((cluster) => {
    return changed(cluster.requestHeaders) || changed(cluster.responseHeaders) || cluster.rewrite !== undefined;
  });
  return [
    ...kinds,
    ...(rewrite?.hostname === undefined ? [] : ['host rewrite']),
    ...(rewrite?.path === undefined ? [] : [`path rewrite ${rewrite.path.kind}`]),
    ...(own ? ['backend filters'] : []),
    ...(clusters.length + (invalidWeight > 0 ? 1 : 0) > 1 ? ['weights'] : []),
    ...(mirrors.length > 0 ? ['mirror'] : []),
    ...(timeouts.requestMs === undefined ? [] : ['timeouts']),
    ...(retry === undefined ? [] : ['retry']),
    ...(sessionPersistence === undefined ? [] : ['session persistence']),
  ];
}

/** Every kind that a mix is to hold. */
export const wantedKinds = [
  'path Exact',
  'path Prefix',
  'path RegularExpression',
  'method',
  'header Exact',
  'header RegularExpression',
  'query Exact',
  'query RegularExpression',
  'request headers',
  'response headers',
  'redirect',
  'host rewrite',
  'path rewrite Full',
  'path rewrite Prefix',
  'backend filters',
  'weights',
  'mirror',
  'CORS',
  'timeouts',
  'retry',
  'session persistence',
] as const;

/** The kinds of matches and filters that a request met, each once; none where it hit no rule. */
export function kindsMet(gateway: GatewayIr | undefined, explanation: Explanation): ReadonlySet<string> {
  const route = findRoute(gateway, explanation);
  return new Set(route === undefined ? [] : [...matchKinds(route), ...filterKinds(route)]);
}
