import { TypedExtensionConfigSchema } from '../../../gen/envoy/envoy/config/core/v3/extension_pb.js';
import { HeaderValueOption_HeaderAppendAction } from '../../../gen/envoy/envoy/config/core/v3/base_pb.js';
import type {
  RateLimitSchema,
  RateLimit_ActionSchema,
} from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { LocalRateLimitDescriptorSchema } from '../../../gen/envoy/envoy/extensions/common/ratelimit/v3/ratelimit_pb.js';
import { LocalRateLimitSchema } from '../../../gen/envoy/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js';
import type { HttpFilterSchema } from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { FractionalPercent_DenominatorType } from '../../../gen/envoy/envoy/type/v3/percent_pb.js';
import { extensionConfigType } from '../../ads/type-url.ts';
import type { EgressRateLimit, EgressTarget } from '../../ir/egress.ts';
import { extensionConfigName, type ListenerName, type RouteName } from '../../ir/name.ts';
import { unreachable } from '../../lib/never.ts';
import { compareStrings } from '../../lib/order.ts';
import { encodedResource } from '../encoded.ts';
import { duration, encode, packAny, type Init } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { discovered, identityHeaders } from './identity.ts';

const serviceAccountKey = 'service_account';
const ruleKey = 'rule';
/** Clients that are counted apart at a time; above, the one that has not called for the longest is forgotten. */
const maxClients = 10_000;

function keyAction(key: EgressRateLimit['key']): readonly Init<typeof RateLimit_ActionSchema>[] {
  switch (key) {
    case 'Rule':
      return [];
    case 'SourceIP':
      return [{ actionSpecifier: { case: 'remoteAddress', value: {} } }];
    case 'ServiceAccount': {
      const value = { headerName: identityHeaders.serviceAccount, descriptorKey: serviceAccountKey };
      return [{ actionSpecifier: { case: 'requestHeaders', value } }];
    }
    default:
      return unreachable(key);
  }
}

/** What a route of a limited rule tells the filter: the rule, and whom it counts. */
export function routeRateLimits(rule: RouteName, limit: EgressRateLimit | undefined): Init<typeof RateLimitSchema>[] {
  if (limit === undefined) return [];
  const value = { descriptorKey: ruleKey, descriptorValue: rule };
  return [{ actions: [{ actionSpecifier: { case: 'genericKey', value } }, ...keyAction(limit.key)] }];
}

function descriptor(rule: RouteName, limit: EgressRateLimit): Init<typeof LocalRateLimitDescriptorSchema> {
  const key = { Rule: [], SourceIP: ['remote_address'], ServiceAccount: [serviceAccountKey] }[limit.key];
  return {
    entries: [{ key: ruleKey, value: rule }, ...key.map((name) => ({ key: name }))],
    tokenBucket: { maxTokens: limit.requests, tokensPerFill: limit.requests, fillInterval: duration(limit.perMs) },
  };
}

/** The limits of all rules: a rule has one bucket, however many hosts, ports and paths it names. */
function limitsOf(targets: readonly EgressTarget[]): readonly (readonly [RouteName, EgressRateLimit])[] {
  const limits = new Map<RouteName, EgressRateLimit>();
  for (const { routes } of targets) {
    for (const { name, action } of routes) {
      if (action.kind !== 'Refuse' && action.rateLimit !== undefined) limits.set(name, action.rateLimit);
    }
  }
  return [...limits].sort(([a], [b]) => compareStrings(a, b));
}

function configName(listener: ListenerName): string {
  return extensionConfigName(listener, 'rate-limit');
}

export function rateLimitFilter(listener: ListenerName): Init<typeof HttpFilterSchema> {
  const typeUrl = 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
  return { name: configName(listener), configType: { case: 'configDiscovery', value: discovered(typeUrl) } };
}

const always = { defaultValue: { numerator: 100, denominator: FractionalPercent_DenominatorType.HUNDRED } };

/** The buckets of a listener. They start full when a limit changes, for all rules of the listener. */
export function buildRateLimits(listener: ListenerName, targets: readonly EgressTarget[]): XdsResource {
  const limits = limitsOf(targets);
  const config = packAny(LocalRateLimitSchema, {
    statPrefix: 'egress',
    // Calls of rules without a limit; a bucket that is never empty.
    tokenBucket: { maxTokens: 4_294_967_295, tokensPerFill: 4_294_967_295, fillInterval: duration(50) },
    filterEnabled: always,
    filterEnforced: always,
    alwaysConsumeDefaultTokenBucket: false,
    descriptors: limits.map(([rule, limit]) => descriptor(rule, limit)),
    maxDynamicDescriptors: maxClients,
    enableRetryAfterHeader: true,
    responseHeadersToAdd: [
      {
        header: { key: 'x-sallyport-egress', value: 'limited; rule %ROUTE_NAME% allows no more calls now' },
        appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      },
    ],
  });
  const name = configName(listener);
  return encodedResource(
    extensionConfigType,
    name,
    encode(TypedExtensionConfigSchema, { name, typedConfig: config }),
    [],
    [],
  );
}
