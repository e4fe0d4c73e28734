import { typed } from './typed.ts';

/** What others may see of a proxy: whether it serves, and its figures. */
export const readyPath = '/ready';
export const metricsPath = '/stats/prometheus';

function route(path: string): object {
  const method = { name: ':method', string_match: { exact: 'GET' } };
  return { match: { path, headers: [method] }, route: { cluster: 'admin', timeout: '5s' } };
}

/** The admin interface as a cluster of its own proxy. */
export function adminCluster(socket: string): object {
  return {
    name: 'admin',
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'admin',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }],
    },
  };
}

/** A listener that lets two paths of the admin interface through and nothing else of it. */
export function probeListener(address: string, port: number): object {
  const router = typed('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router');
  const manager = {
    stat_prefix: 'probes',
    http_filters: [router],
    normalize_path: false,
    route_config: {
      name: 'probes',
      virtual_hosts: [{ name: 'probes', domains: ['*'], routes: [readyPath, metricsPath].map(route) }],
    },
  };
  const filter = typed(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    manager,
  );
  return {
    name: 'probes',
    address: { socket_address: { address, port_value: port, ipv4_compat: address === '::' } },
    // A full house must not look like one that is closed.
    ignore_global_conn_limit: true,
    bypass_overload_manager: true,
    filter_chains: [{ filters: [filter] }],
  };
}
