import { requiredRuntime } from '../../xds/required-runtime.ts';

/** What one Envoy needs to know before it knows anything. Paths of sockets hold at most 107 bytes. */
export interface BootstrapOptions {
  /** Shown in dumps and logs; nothing is decided by it. */
  readonly node: string;
  readonly xdsSocket: string;
  readonly adminSocket: string;
  /** Connections over all listeners; the next ones are closed at once. */
  readonly maxConnections: number;
  /** Bytes of heap; at 95 % Envoy stops taking requests. */
  readonly maxHeapBytes: number;
}

function typed(name: string, type: string, config: object = {}): object {
  return { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...config } };
}

/** Statistics of Envoy itself and of the listeners, not one for each cluster or host: a few hundred series in all. */
const statsMatcher = {
  inclusion_list: {
    patterns: [
      ...['server.', 'listener_manager.', 'cluster_manager.', 'control_plane.', 'overload.', 'runtime.'].map(
        (prefix) => ({
          prefix,
        }),
      ),
      { safe_regex: { regex: 'http\\.[^.]+\\.downstream_(rq|cx)_[a-z0-9_]+' } },
      { safe_regex: { regex: 'listener\\..+\\.(downstream_cx_[a-z_]+|no_filter_chain_match)' } },
    ],
  },
};

function overloadManager({ maxConnections, maxHeapBytes }: BootstrapOptions): object {
  return {
    refresh_interval: '0.25s',
    resource_monitors: [
      typed(
        'envoy.resource_monitors.global_downstream_max_connections',
        'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
        { max_active_downstream_connections: String(maxConnections) },
      ),
      typed('envoy.resource_monitors.fixed_heap', 'envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig', {
        max_heap_size_bytes: String(maxHeapBytes),
      }),
    ],
    actions: [
      {
        name: 'envoy.overload_actions.shrink_heap',
        triggers: [{ name: 'envoy.resource_monitors.fixed_heap', threshold: { value: 0.9 } }],
      },
      {
        name: 'envoy.overload_actions.stop_accepting_requests',
        triggers: [{ name: 'envoy.resource_monitors.fixed_heap', threshold: { value: 0.95 } }],
      },
    ],
  };
}

function xdsCluster(socket: string): object {
  return {
    name: 'xds',
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: {
          // A control plane that is gone without a word is noticed in 13 s.
          http2_protocol_options: { connection_keepalive: { interval: '10s', timeout: '3s' } },
        },
      },
    },
    load_assignment: {
      cluster_name: 'xds',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }],
    },
  };
}

/** The bootstrap configuration of an Envoy on this host, as JSON: everything else comes over its discovery socket. */
export function buildBootstrap(options: BootstrapOptions): object {
  // Without a first answer Envoy must wait, not be ready with nothing.
  const source = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  const retry = { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } };
  return {
    node: { id: options.node, cluster: options.node },
    // A full house must not shut out those who look into it.
    admin: { address: { pipe: { path: options.adminSocket, mode: 0o600 } }, ignore_global_conn_limit: true },
    bootstrap_extensions: [
      typed('envoy.bootstrap.internal_listener', 'envoy.extensions.bootstrap.internal_listener.v3.InternalListener'),
    ],
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds', retry_policy: retry } }],
      },
      cds_config: source,
      lds_config: source,
    },
    static_resources: { clusters: [xdsCluster(options.xdsSocket)] },
    stats_config: { stats_matcher: statsMatcher },
    overload_manager: overloadManager(options),
    layered_runtime: { layers: [{ name: 'static', static_layer: requiredRuntime }] },
  };
}
