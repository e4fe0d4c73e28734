import type {
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import { FilterConfigSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { DnsResolver, EgressAction, EgressMatch, EgressRoute } from '../../ir/egress.ts';
import type { ListenerName } from '../../ir/name.ts';
import { unreachable } from '../../lib/never.ts';
import { duration, packAny, type Init } from '../proto.ts';
import { pathSpecifier, exactString, headerMatch, wholeRegex, type HeaderMatcherInit } from '../route/match.ts';
import { buildRetry } from '../route/retry.ts';
import { metadataNamespace } from '../route/route.ts';
import { dnsCache, dnsFilterName } from './dns-cache.ts';
import { egressTag, identityHeaders } from './identity.ts';
import { routeRateLimits } from './rate-limit.ts';
import { ruleRefusal } from './refusal.ts';
import { tunnelOf } from './tunnel.ts';

type RouteInit = Init<typeof RouteSchema>;
type RouteMatchInit = Init<typeof RouteMatchSchema>;

/** What routes need to know of their listener and target. */
export interface RouteContext {
  readonly listener: ListenerName;
  readonly resolver: DnsResolver | undefined;
  readonly longestTunnelMs: number;
  readonly port: number | 'Default';
  /** More that must hold, where the virtual host alone does not tell the target. */
  readonly conditions: readonly HeaderMatcherInit[];
}

/** Only callers that the Egress selects meet its routes. */
function selected(egress: string): HeaderMatcherInit {
  return headerMatch(identityHeaders.egresses, { matchPattern: { case: 'contains', value: egressTag(egress) } });
}

function requestMatch(match: EgressMatch, conditions: readonly HeaderMatcherInit[]): RouteMatchInit {
  const methods = match.methods.length === 0 ? [] : [headerMatch(':method', wholeRegex(match.methods.join('|')))];
  const scheme = match.scheme === undefined ? [] : [headerMatch(':scheme', exactString(match.scheme))];
  return {
    pathSpecifier: match.path === undefined ? { case: 'prefix', value: '/' } : pathSpecifier(match.path),
    headers: [...methods, ...scheme, ...conditions],
  };
}

function buildMatches({ match, egress }: EgressRoute, context: RouteContext): readonly RouteMatchInit[] {
  const conditions = [selected(egress), ...context.conditions];
  const tunnel: RouteMatchInit = { pathSpecifier: { case: 'connectMatcher', value: {} }, headers: conditions };
  switch (match.form) {
    case 'Request':
      return [requestMatch(match, conditions)];
    case 'Tunnel':
      return [tunnel];
    case 'Any':
      return [requestMatch(match, conditions), tunnel];
    default:
      return unreachable(match.form);
  }
}

function forwardAction(
  route: EgressRoute,
  action: EgressAction & { readonly kind: 'Forward' },
): Init<typeof RouteActionSchema> {
  return {
    clusterSpecifier: { case: 'cluster', value: action.upstream.name },
    timeout: duration(action.requestTimeoutMs ?? 0),
    retryPolicy: buildRetry(action.retry, undefined),
    rateLimits: routeRateLimits(route.name, action.rateLimit),
  };
}

function tunnelAction(
  route: EgressRoute,
  action: EgressAction & { readonly kind: 'Tunnel' },
  context: RouteContext,
): Init<typeof RouteActionSchema> {
  // A tunnel has a port: Envoy answers CONNECT without one by itself.
  const port = context.port === 'Default' ? 443 : context.port;
  const cluster = action.checkServerName
    ? tunnelOf(context.listener, port, action.upstream).name
    : action.upstream.name;
  return {
    clusterSpecifier: { case: 'cluster', value: cluster },
    timeout: duration(0),
    maxStreamDuration: { maxStreamDuration: duration(context.longestTunnelMs) },
    upgradeConfigs: [{ upgradeType: 'CONNECT', connectConfig: {} }],
    rateLimits: routeRateLimits(route.name, action.rateLimit),
  };
}

/** Switches the filter on that resolves names for the route's cluster; a tunnel that ends inside resolves there. */
function resolving(action: EgressAction, context: RouteContext): RouteInit {
  if (action.kind === 'Refuse' || (action.kind === 'Tunnel' && action.checkServerName)) return {};
  const name = dnsFilterName(dnsCache(action.upstream, context.resolver));
  return { typedPerFilterConfig: { [name]: packAny(FilterConfigSchema, { config: {} }) } };
}

/** Envoy's routes for one of ours. */
export function buildRoutes(route: EgressRoute, context: RouteContext): readonly RouteInit[] {
  const { action } = route;
  const matches = buildMatches(route, context);
  const allowed: RouteInit = {
    name: route.name,
    metadata: { filterMetadata: { [metadataNamespace]: { decision: 'allowed', origin: route.origin } } },
    ...resolving(action, context),
  };
  return matches.map((match) => {
    switch (action.kind) {
      case 'Refuse':
        return ruleRefusal(route.name, match, action.why);
      case 'Forward':
        return { ...allowed, match, action: { case: 'route', value: forwardAction(route, action) } };
      case 'Tunnel':
        return { ...allowed, match, action: { case: 'route', value: tunnelAction(route, action, context) } };
      default:
        return unreachable(action);
    }
  });
}
