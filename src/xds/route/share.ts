import type { HeaderModification, PathRewrite } from '../../ir/filter.ts';
import { noHeaderModification } from '../../ir/filter.ts';
import type { Forward, Route } from '../../ir/route.ts';
import { composeHeaders, isEmpty, splitHost } from './header-modification.ts';

/**
 * The cluster that requests to unusable backends go to. It exists nowhere: Envoy answers them by
 * `cluster_not_found_response_code`.
 */
export const invalidBackend = 'invalid-backend';

/** One share of a forward with all that the rule and the backend ask for, in one place. */
export interface Share {
  readonly cluster: string;
  readonly weight: number;
  /** Whether the backend itself asks for changes, so that shares of one rule differ. */
  readonly own: boolean;
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
  readonly hostname?: string;
  readonly path?: PathRewrite;
}

/** The shares of a forward, the invalid one last. */
export function sharesOf(route: Route, forward: Forward): readonly Share[] {
  const valid = forward.clusters.map(({ cluster, weight, requestHeaders, responseHeaders, rewrite }): Share => {
    const { headers, host } = splitHost(composeHeaders(route.requestHeaders, requestHeaders));
    const hostname = rewrite?.hostname ?? forward.rewrite?.hostname ?? host;
    const path = rewrite?.path ?? forward.rewrite?.path;
    return {
      cluster,
      weight,
      own: rewrite !== undefined || !isEmpty(requestHeaders) || !isEmpty(responseHeaders),
      requestHeaders: headers,
      responseHeaders: composeHeaders(route.responseHeaders, responseHeaders),
      ...(hostname === undefined ? {} : { hostname }),
      ...(path === undefined ? {} : { path }),
    };
  });
  if (forward.invalidWeight === 0) return valid;
  const invalid: Share = {
    cluster: invalidBackend,
    weight: forward.invalidWeight,
    own: false,
    requestHeaders: noHeaderModification,
    responseHeaders: route.responseHeaders,
  };
  return [...valid, invalid];
}

/** Whether shares differ in something that Envoy can't change for each cluster of a split: the path. */
export function pathsDiffer(forward: Forward): boolean {
  return (
    forward.clusters.length + Number(forward.invalidWeight > 0) > 1 &&
    forward.clusters.some(({ rewrite }) => rewrite?.path !== undefined)
  );
}
