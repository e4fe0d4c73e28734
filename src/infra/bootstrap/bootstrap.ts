import { requiredRuntime } from '../../xds/required-runtime.ts';
import { discoveryCluster, type DiscoveryServer } from './discovery.ts';
import { overloadManager, type OverloadLimits } from './overload.ts';
import { adminCluster, probeListener } from './probes.ts';
import { typed } from './typed.ts';

/** What one Envoy needs to know before it knows anything. Paths of sockets hold at most 107 bytes. */
export interface BootstrapOptions extends OverloadLimits {
  /** Shown in dumps and logs; nothing is decided by it. Absent: given on Envoy's command line. */
  readonly node?: string;
  readonly discovery: DiscoveryServer;
  readonly adminSocket: string;
  /** Where others may ask for its readiness and figures; absent where the admin socket is at hand. */
  readonly probes?: { readonly address: string; readonly port: number };
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

/** The bootstrap configuration of an Envoy, as JSON: everything else comes from its discovery server. */
export function buildBootstrap(options: BootstrapOptions): object {
  const { node, discovery, adminSocket, probes } = options;
  // Without a first answer Envoy must wait, not be ready with nothing.
  const source = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  const retry = { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } };
  return {
    ...(node === undefined ? {} : { node: { id: node, cluster: node } }),
    // A full house must not shut out those who look into it.
    admin: { address: { pipe: { path: adminSocket, mode: 0o600 } }, ignore_global_conn_limit: true },
    bootstrap_extensions: [
      typed('envoy.bootstrap.internal_listener', 'envoy.extensions.bootstrap.internal_listener.v3.InternalListener'),
    ],
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        // A node names all of Envoy's extensions, some 50 KB: with each acknowledgement it is most of what a server reads.
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds', retry_policy: retry } }],
      },
      cds_config: source,
      lds_config: source,
    },
    static_resources: {
      ...(probes === undefined ? {} : { listeners: [probeListener(probes.address, probes.port)] }),
      clusters: [discoveryCluster(discovery), ...(probes === undefined ? [] : [adminCluster(adminSocket)])],
    },
    stats_config: { stats_matcher: statsMatcher },
    overload_manager: overloadManager(options),
    layered_runtime: { layers: [{ name: 'static', static_layer: requiredRuntime }] },
  };
}
