import {
  type AccessLogFilterSchema,
  ComparisonFilter_Op,
} from '../../../gen/envoy/envoy/config/accesslog/v3/accesslog_pb.js';
import type { FilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { FilterConfigSchema } from '../../../gen/envoy/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.js';
import { RouterSchema } from '../../../gen/envoy/envoy/extensions/filters/http/router/v3/router_pb.js';
import {
  HttpConnectionManager_PathWithEscapedSlashesAction,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
  type HttpFilterSchema,
  type ResponseMapperSchema,
} from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { HeaderMutationSchema } from '../../../gen/envoy/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js';
import type { EgressUpstream, ForwardProxyListener } from '../../ir/egress.ts';
import { compareStrings } from '../../lib/order.ts';
import { adsSource } from '../config-source.ts';
import { commonHttpLimits, httpLimits } from '../listener/http-limits.ts';
import { packAny, type Init } from '../proto.ts';
import { callLogFields, egressLog } from './access-log.ts';
import { dnsCache, dnsFilterName } from './dns-cache.ts';
import { callStateFilter } from './filter-state.ts';
import { identityFilters } from './identity.ts';
import { rateLimitFilter } from './rate-limit.ts';
import { refusalBody, refusalHeaders } from './refusal.ts';
import { egressRouteTableName } from './route-table.ts';

type HttpFilterInit = Init<typeof HttpFilterSchema>;

/** The upstreams that routes of a listener forward to by themselves. */
export function forwardUpstreams(listener: ForwardProxyListener): readonly EgressUpstream[] {
  const byName = new Map<string, EgressUpstream>();
  for (const { routes } of listener.targets) {
    for (const { action } of routes) if (action.kind !== 'Refuse') byName.set(action.upstream.name, action.upstream);
  }
  return [...byName.values()].sort((a, b) => compareStrings(a.name, b.name));
}

/** One filter for each DNS cache, all off: a route switches on the one of its cluster. */
function dnsFilters(listener: ForwardProxyListener): readonly HttpFilterInit[] {
  const filters = new Map<string, HttpFilterInit>();
  for (const upstream of forwardUpstreams(listener)) {
    const cache = dnsCache(upstream, listener.resolver);
    const config = packAny(FilterConfigSchema, { implementationSpecifier: { case: 'dnsCacheConfig', value: cache } });
    const name = dnsFilterName(cache);
    filters.set(name, { name, configType: { case: 'typedConfig', value: config }, disabled: true });
  }
  return [...filters.entries()].sort(([a], [b]) => compareStrings(a, b)).map(([, filter]) => filter);
}

function flagged(...flags: string[]): Init<typeof AccessLogFilterSchema> {
  return { filterSpecifier: { case: 'responseFlagFilter', value: { flags } } };
}

/** The flag of a limited call is set too late to be compared. */
const tooMany: Init<typeof AccessLogFilterSchema> = {
  filterSpecifier: {
    case: 'statusCodeFilter',
    value: {
      comparison: { op: ComparisonFilter_Op.EQ, value: { defaultValue: 429, runtimeKey: 'sallyport.limited' } },
    },
  },
};

/**
 * Answers of Envoy itself that say too little, or the wrong thing. A name without an address that may be called is UH
 * or DF, depending on when it is noticed; nothing else here has either flag.
 */
const guarded = 'the name has no address that may be called: %RESPONSE_CODE_DETAILS%';
const limited = 'rule %ROUTE_NAME% allows no more calls now';
const localReplies: readonly Init<typeof ResponseMapperSchema>[] = [
  {
    filter: flagged('DF', 'UH'),
    statusCode: 403,
    bodyFormatOverride: refusalBody(guarded),
    headersToAdd: refusalHeaders(guarded),
  },
  { filter: tooMany, bodyFormatOverride: refusalBody(limited, 'egress limited') },
];

/** Whatever a caller says of itself in these headers is taken away before anything reads it. */
const forgeable = ['x-envoy-', 'x-sallyport-'].map((prefix) => ({
  action: {
    case: 'removeOnMatch',
    value: { keyMatcher: { matchPattern: { case: 'prefix', value: prefix } } },
  } as const,
}));

function httpFilters(listener: ForwardProxyListener): HttpFilterInit[] {
  const router = packAny(RouterSchema, { suppressEnvoyHeaders: true });
  return [
    ...identityFilters(listener.name),
    callStateFilter,
    rateLimitFilter(listener.name),
    ...dnsFilters(listener),
    { name: 'envoy.filters.http.router', configType: { case: 'typedConfig', value: router } },
  ];
}

/** Takes calls in absolute form and CONNECT. The caller is who connects, whatever headers say. */
export function egressConnectionManager(listener: ForwardProxyListener): Init<typeof FilterSchema> {
  const manager = packAny(HttpConnectionManagerSchema, {
    statPrefix: 'egress',
    routeSpecifier: {
      case: 'rds',
      value: { routeConfigName: egressRouteTableName(listener), configSource: adsSource(0) },
    },
    httpFilters: httpFilters(listener),
    accessLog: [egressLog(callLogFields)],
    localReplyConfig: { mappers: [...localReplies] },
    upgradeConfigs: [{ upgradeType: 'CONNECT' }],
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
    earlyHeaderMutationExtensions: [
      {
        name: 'envoy.http.early_header_mutation.header_mutation',
        typedConfig: packAny(HeaderMutationSchema, { mutations: forgeable }),
      },
    ],
    useRemoteAddress: true,
    xffNumTrustedHops: 0,
    skipXffAppend: true,
    generateRequestId: false,
    normalizePath: true,
    mergeSlashes: true,
    // A path that hides its elements could pass a rule for other paths.
    pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction.REJECT_REQUEST,
    ...httpLimits,
    commonHttpProtocolOptions: commonHttpLimits,
  });
  return {
    name: 'envoy.filters.network.http_connection_manager',
    configType: { case: 'typedConfig', value: manager },
  };
}
