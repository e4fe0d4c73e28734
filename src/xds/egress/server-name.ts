import { TypedExtensionConfigSchema } from '../../../gen/envoy/envoy/config/core/v3/extension_pb.js';
import type {
  FilterChainSchema,
  FilterSchema,
} from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import {
  RBAC_Action,
  type PermissionSchema,
  type PolicySchema,
} from '../../../gen/envoy/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '../../../gen/envoy/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { extensionConfigType } from '../../ads/type-url.ts';
import {
  describePattern,
  type EgressPattern,
  type EgressServerNameRule,
  type EgressUpstream,
  type ServerNameListener,
} from '../../ir/egress.ts';
import { extensionConfigName, type ListenerName } from '../../ir/name.ts';
import { encodedResource } from '../encoded.ts';
import { encode, packAny, sortedMap, type Init } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { serverNameLogFields } from './access-log.ts';
import { cidr } from '../cidr.ts';
import { discovered } from './identity.ts';
import { forwardByServerName } from './tunnel.ts';

type Action = EgressServerNameRule['action'];

function configName(listener: ListenerName, action: Action): string {
  return extensionConfigName(listener, `rules/${action}`);
}

function permission(pattern: EgressPattern): Init<typeof PermissionSchema> {
  switch (pattern.kind) {
    case 'Exact':
      return { rule: { case: 'requestedServerName', value: { matchPattern: { case: 'exact', value: pattern.host } } } };
    case 'Suffix':
      return {
        rule: { case: 'requestedServerName', value: { matchPattern: { case: 'suffix', value: pattern.suffix } } },
      };
    case 'Range':
      // No server name is an address.
      return { rule: { case: 'notRule', value: { rule: { case: 'any', value: true } } } };
  }
}

function policiesOf(listener: ServerNameListener, action: Action): { [name: string]: Init<typeof PolicySchema> } {
  const addresses = new Map<string, string[]>();
  for (const { address, egresses } of listener.callers) {
    for (const egress of egresses) addresses.set(egress, [...(addresses.get(egress) ?? []), address]);
  }
  return sortedMap(
    listener.rules.flatMap((rule) => {
      const callers = addresses.get(rule.egress) ?? [];
      if (rule.action !== action || callers.length === 0) return [];
      const principals = callers.map((address) => ({
        identifier: { case: 'directRemoteIp', value: cidr(address) } as const,
      }));
      return [[rule.name, { permissions: rule.patterns.map(permission), principals }] as const];
    }),
  );
}

/**
 * Rules and callers in one: a change of either touches no listener. Nothing that no rule allows passes, as rules
 * without a policy that fits deny.
 */
function buildRules(listener: ServerNameListener, action: Action): XdsResource {
  const rules = { action: RBAC_Action[action === 'Allow' ? 'ALLOW' : 'DENY'], policies: policiesOf(listener, action) };
  const name = configName(listener.name, action);
  const config = packAny(RBACSchema, { statPrefix: `egress_${action.toLowerCase()}`, rules });
  const bytes = encode(TypedExtensionConfigSchema, { name, typedConfig: config });
  const origins = listener.rules.filter((rule) => rule.action === action).map((rule) => rule.origin);
  return encodedResource(extensionConfigType, name, bytes, [...new Set(origins)], []);
}

export function buildServerNameRules(listener: ServerNameListener): readonly XdsResource[] {
  return [buildRules(listener, 'Deny'), buildRules(listener, 'Allow')];
}

function ruleFilter(listener: ListenerName, action: Action): Init<typeof FilterSchema> {
  const typeUrl = 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC';
  return { name: configName(listener, action), configType: { case: 'configDiscovery', value: discovered(typeUrl) } };
}

function chain(
  listener: ServerNameListener,
  name: string,
  serverName: string | undefined,
  upstream: EgressUpstream,
): Init<typeof FilterChainSchema> {
  const { port, resolver, longestTunnelMs } = listener;
  return {
    name,
    filterChainMatch: { transportProtocol: 'tls', serverNames: serverName === undefined ? [] : [serverName] },
    filters: [
      ruleFilter(listener.name, 'Deny'),
      ruleFilter(listener.name, 'Allow'),
      ...forwardByServerName(upstream, port, resolver, longestTunnelMs, serverNameLogFields),
    ],
  };
}

/** A chain for each name that leaves in a way of its own, and one for all others. */
export function serverNameChains(listener: ServerNameListener): Init<typeof FilterChainSchema>[] {
  return [
    ...listener.chains.map(({ pattern, upstream }) =>
      chain(listener, describePattern(pattern), describePattern(pattern), upstream),
    ),
    chain(listener, 'tls', undefined, listener.upstream),
  ];
}
