import {
  RouteAction_ClusterNotFoundResponseCode,
  type RouteActionSchema,
  type RouteAction_RequestMirrorPolicySchema,
  type RouteSchema,
  type WeightedCluster_ClusterWeightSchema,
} from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { Mirror } from '../../ir/filter.ts';
import { type Forward, type Route, unusableStatus } from '../../ir/route.ts';
import { fraction } from '../fraction.ts';
import { duration, type Init, type OneOf } from '../proto.ts';
import { headersToAdd } from './header-modification.ts';
import { buildPathRewrite } from './path-rewrite.ts';
import { buildRetry, retryUnseenHeaders } from './retry.ts';
import { wholePart, type RoutePart } from './route-part.ts';
import { buildSessionPersistence } from './session-persistence.ts';
import { pathsDiffer, sharesOf, type Share } from './share.ts';

type RouteActionInit = Init<typeof RouteActionSchema>;
type RouteInit = Init<typeof RouteSchema>;

const notFoundCodes = {
  500: RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR,
  503: RouteAction_ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE,
} as const;

function mirrorPolicy(mirror: Mirror): Init<typeof RouteAction_RequestMirrorPolicySchema> {
  return {
    cluster: mirror.cluster,
    // The copy carries the same Host as the request, without Envoy's "-shadow".
    disableShadowHostSuffixAppend: true,
    ...(mirror.numerator >= mirror.denominator
      ? {}
      : { runtimeFraction: fraction(mirror.numerator, mirror.denominator) }),
  };
}

function hostRewrite(hostname: string | undefined): OneOf<typeof RouteActionSchema, 'hostRewriteSpecifier'> {
  return hostname === undefined ? { case: undefined } : { case: 'hostRewriteLiteral', value: hostname };
}

function weightHostRewrite(hostname: string | undefined): Init<typeof WeightedCluster_ClusterWeightSchema> {
  return hostname === undefined ? {} : { hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: hostname } };
}

function pathRewrite(share: Share): RouteActionInit {
  const rewrite = buildPathRewrite(share.path);
  if (rewrite === undefined) return {};
  return rewrite.kind === 'Prefix' ? { prefixRewrite: rewrite.value } : { regexRewrite: rewrite.value };
}

function ownsRetry({ retry, timeouts }: Forward): boolean {
  return retry !== undefined || (timeouts.backendRequestMs ?? 0) > 0;
}

/** What all shares have in common. A request has no time limit unless the route sets one, so that streams can live. */
function commonAction(forward: Forward, unusable: 500 | 503): RouteActionInit {
  return {
    clusterNotFoundResponseCode: notFoundCodes[unusable],
    timeout: duration(forward.timeouts.requestMs ?? 0),
    ...(ownsRetry(forward) ? { retryPolicy: buildRetry(forward.retry, forward.timeouts.backendRequestMs) } : {}),
    requestMirrorPolicies: forward.mirrors.map(mirrorPolicy),
  };
}

function headersOf(share: Share): RouteInit & Init<typeof WeightedCluster_ClusterWeightSchema> {
  return {
    requestHeadersToAdd: headersToAdd(share.requestHeaders),
    requestHeadersToRemove: [...share.requestHeaders.remove],
    responseHeadersToAdd: headersToAdd(share.responseHeaders),
    responseHeadersToRemove: [...share.responseHeaders.remove],
  };
}

function toOneCluster(share: Share, forward: Forward, unusable: 500 | 503): RouteInit {
  return {
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: share.cluster },
        hostRewriteSpecifier: hostRewrite(share.hostname),
        ...pathRewrite(share),
        ...commonAction(forward, unusable),
      },
    },
    ...headersOf(share),
    requestHeadersToRemove: [...share.requestHeaders.remove, ...(ownsRetry(forward) ? retryUnseenHeaders : [])],
  };
}

function split(shares: readonly Share[], first: Share, forward: Forward, unusable: 500 | 503): RouteInit {
  const differ = shares.some((share) => share.own);
  const clusters = shares.map((share): Init<typeof WeightedCluster_ClusterWeightSchema> => ({
    name: share.cluster,
    weight: share.weight,
    ...(differ ? { ...headersOf(share), ...weightHostRewrite(share.hostname) } : {}),
  }));
  return {
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'weightedClusters', value: { clusters } },
        hostRewriteSpecifier: differ ? { case: undefined } : hostRewrite(first.hostname),
        ...pathRewrite(first),
        ...commonAction(forward, unusable),
      },
    },
    ...(differ ? {} : headersOf(first)),
    requestHeadersToRemove: [
      ...(differ ? [] : first.requestHeaders.remove),
      ...(ownsRetry(forward) ? retryUnseenHeaders : []),
    ],
  };
}

/**
 * One part, or one for each share where shares rewrite the path differently: Envoy draws one number for a request and
 * compares it in all routes, so parts that take what is below rising limits share the requests as asked.
 */
export function buildForward(route: Route, forward: Forward): readonly RoutePart[] {
  const shares = sharesOf(route, forward);
  const unusable = unusableStatus(route.match);
  const filters = buildSessionPersistence(forward.sessionPersistence);
  const [first, ...others] = shares;
  if (first === undefined) throw new Error(`route ${route.name} forwards to nothing`);
  if (others.length === 0) return [wholePart(toOneCluster(first, forward, unusable), filters)];
  if (!pathsDiffer(forward)) return [wholePart(split(shares, first, forward, unusable), filters)];
  const denominator = shares.reduce((sum, share) => sum + share.weight, 0);
  let numerator = 0;
  return shares.map((share) => {
    numerator += share.weight;
    const part = wholePart(toOneCluster(share, forward, unusable), filters);
    return numerator === denominator ? part : { ...part, below: { numerator, denominator } };
  });
}
