import { Cluster_DiscoveryType, ClusterSchema } from '../../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import type { FilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { RBAC_Action, type PolicySchema } from '../../../gen/envoy/envoy/config/rbac/v3/rbac_pb.js';
import { TlsInspectorSchema } from '../../../gen/envoy/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import { RBACSchema } from '../../../gen/envoy/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { FilterConfigSchema } from '../../../gen/envoy/envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy_pb.js';
import {
  TcpProxySchema,
  UpstreamConnectMode,
} from '../../../gen/envoy/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { InternalUpstreamTransportSchema } from '../../../gen/envoy/envoy/extensions/transport_sockets/internal_upstream/v3/internal_upstream_pb.js';
import { RawBufferSchema } from '../../../gen/envoy/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js';
import type { ExprSchema } from '../../../gen/envoy/google/api/expr/v1alpha1/syntax_pb.js';
import { clusterType, listenerType } from '../../ads/type-url.ts';
import type { DnsResolver, EgressUpstream } from '../../ir/egress.ts';
import { tunnelName, type ClusterName, type ListenerName, type Origin } from '../../ir/name.ts';
import { encodedResource } from '../encoded.ts';
import { edgeSettings } from '../listener/edge-settings.ts';
import { duration, encode, packAny, type Init } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { egressLog, tunnelLogFields } from './access-log.ts';
import { dnsCache } from './dns-cache.ts';
import { callState } from './filter-state.ts';

/** The inner end of CONNECT tunnels to one port by one upstream: only TLS whose server name is the host asked for passes. */
export interface Tunnel {
  readonly name: ListenerName & ClusterName;
  readonly port: number;
  readonly upstream: EgressUpstream;
}

export function tunnelOf(outer: ListenerName, port: number, upstream: EgressUpstream): Tunnel {
  return { name: tunnelName(outer, port, upstream.name), port, upstream };
}

type ExprInit = Init<typeof ExprSchema>;

function call(name: string, target: ExprInit | undefined, ...args: readonly ExprInit[]): ExprInit {
  return {
    exprKind: {
      case: 'callExpr',
      value: { function: name, args: [...args], ...(target === undefined ? {} : { target }) },
    },
  };
}

function text(value: string): ExprInit {
  return { exprKind: { case: 'constExpr', value: { constantKind: { case: 'stringValue', value } } } };
}

function ident(name: string): ExprInit {
  return { exprKind: { case: 'identExpr', value: { name } } };
}

/** connection.requested_server_name + ":PORT" == string(filter_state["…authority"]).lowerAscii() */
function serverNameIsAuthority(port: number): ExprInit {
  const serverName: ExprInit = {
    exprKind: { case: 'selectExpr', value: { operand: ident('connection'), field: 'requested_server_name' } },
  };
  const authority = call('_[_]', undefined, ident('filter_state'), text(callState.authority));
  // Filter state is bytes, which equal no string; server names come in lower case.
  const lower = call('lowerAscii', call('string', undefined, authority));
  return call('_==_', undefined, call('_+_', undefined, serverName, text(`:${port}`)), lower);
}

function serverNameGuard(port: number): Init<typeof FilterSchema> {
  const policy: Init<typeof PolicySchema> = {
    permissions: [{ rule: { case: 'any', value: true } }],
    principals: [{ identifier: { case: 'any', value: true } }],
    condition: serverNameIsAuthority(port),
    celConfig: { enableStringConversion: true, enableStringConcat: true, enableStringFunctions: true },
  };
  const rules = { action: RBAC_Action.ALLOW, policies: { 'server-name-is-authority': policy } };
  const config = packAny(RBACSchema, { statPrefix: 'egress_server_name', rules });
  return { name: 'envoy.filters.network.rbac', configType: { case: 'typedConfig', value: config } };
}

export const tlsInspector = {
  name: 'envoy.filters.listener.tls_inspector',
  configType: { case: 'typedConfig', value: packAny(TlsInspectorSchema, {}) },
} as const;

/** Resolves the server name, then joins both sides. Nothing is connected to before the filters in front have decided. */
export function forwardByServerName(
  upstream: EgressUpstream,
  port: number,
  resolver: DnsResolver | undefined,
  longestTunnelMs: number,
  log: { readonly [field: string]: string },
): readonly Init<typeof FilterSchema>[] {
  const resolve = packAny(FilterConfigSchema, {
    dnsCacheConfig: dnsCache(upstream, resolver),
    portSpecifier: { case: 'portValue', value: port },
  });
  const forward = packAny(TcpProxySchema, {
    statPrefix: 'egress',
    clusterSpecifier: { case: 'cluster', value: upstream.name },
    upstreamConnectMode: UpstreamConnectMode.ON_DOWNSTREAM_DATA,
    maxEarlyDataBytes: 65_536,
    maxDownstreamConnectionDuration: duration(longestTunnelMs),
    accessLog: [egressLog(log)],
  });
  return [
    { name: 'envoy.filters.network.sni_dynamic_forward_proxy', configType: { case: 'typedConfig', value: resolve } },
    { name: 'envoy.filters.network.tcp_proxy', configType: { case: 'typedConfig', value: forward } },
  ];
}

/** The internal listener that a tunnel ends in. */
export function buildTunnelListener(
  { name, port, upstream }: Tunnel,
  resolver: DnsResolver | undefined,
  longestTunnelMs: number,
  origins: readonly Origin[],
): XdsResource {
  const bytes = encode(ListenerSchema, {
    name,
    listenerSpecifier: { case: 'internalListener', value: {} },
    listenerFilters: [tlsInspector],
    listenerFiltersTimeout: duration(edgeSettings.listenerFiltersTimeoutMs.value),
    accessLog: [],
    filterChains: [
      {
        name: 'tls',
        filterChainMatch: { transportProtocol: 'tls' },
        filters: [
          serverNameGuard(port),
          ...forwardByServerName(upstream, port, resolver, longestTunnelMs, tunnelLogFields),
        ],
      },
    ],
  });
  return encodedResource(listenerType, name, bytes, origins, [{ typeUrl: clusterType, name: upstream.name }]);
}

/** The cluster that leads into the internal listener. */
export function buildTunnelCluster({ name }: Tunnel, origins: readonly Origin[]): XdsResource {
  const raw = {
    name: 'envoy.transport_sockets.raw_buffer',
    configType: { case: 'typedConfig', value: packAny(RawBufferSchema, {}) },
  } as const;
  const bytes = encode(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: {
      clusterName: name,
      endpoints: [
        {
          lbEndpoints: [
            {
              hostIdentifier: {
                case: 'endpoint',
                value: {
                  address: {
                    address: {
                      case: 'envoyInternalAddress',
                      value: { addressNameSpecifier: { case: 'serverListenerName', value: name } },
                    },
                  },
                },
              },
            },
          ],
        },
      ],
    },
    transportSocket: {
      name: 'envoy.transport_sockets.internal_upstream',
      configType: { case: 'typedConfig', value: packAny(InternalUpstreamTransportSchema, { transportSocket: raw }) },
    },
  });
  return encodedResource(clusterType, name, bytes, origins, []);
}
