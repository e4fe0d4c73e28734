/** A minimal configuration, as somebody would write it who needs one route: the measure for what ours costs. */
export function handWrittenEnvoy(port: number, backendPort: number): object {
  const typed = (name: string, type: string, config: object = {}) => ({
    name,
    typed_config: { '@type': `type.googleapis.com/${type}`, ...config },
  });
  const accessLog = typed('envoy.access_loggers.stdout', 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
    log_format: {
      omit_empty_values: true,
      json_format: {
        authority: '%REQ(:AUTHORITY)%',
        bytesReceived: '%BYTES_RECEIVED%',
        bytesSent: '%BYTES_SENT%',
        cluster: '%UPSTREAM_CLUSTER_RAW%',
        details: '%RESPONSE_CODE_DETAILS%',
        downstream: '%DOWNSTREAM_REMOTE_ADDRESS%',
        durationMs: '%DURATION%',
        flags: '%RESPONSE_FLAGS%',
        method: '%REQ(:METHOD)%',
        origin: '%METADATA(ROUTE:sallyport.dev:origin)%',
        path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
        protocol: '%PROTOCOL%',
        requestId: '%REQ(X-REQUEST-ID)%',
        route: '%ROUTE_NAME%',
        rule: '%METADATA(ROUTE:sallyport.dev:rule)%',
        sni: '%REQUESTED_SERVER_NAME%',
        status: '%RESPONSE_CODE%',
        time: '%START_TIME%',
        upstream: '%UPSTREAM_HOST%',
        userAgent: '%REQ(USER-AGENT)%',
      },
    },
  });
  const manager = typed(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      stat_prefix: 'http',
      access_log: [accessLog],
      route_config: {
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [
              {
                name: 'HTTPRoute/bench/ra/0/0',
                match: { prefix: '/' },
                route: { cluster: 'backend', timeout: '0s' },
                metadata: { filter_metadata: { 'sallyport.dev': { origin: 'HTTPRoute/bench/ra', rule: '0' } } },
              },
            ],
          },
        ],
      },
      http_filters: [typed('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router')],
    },
  );
  const endpoint = { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: backendPort } } } };
  return {
    static_resources: {
      listeners: [
        {
          name: 'http',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
          filter_chains: [{ filters: [manager] }],
        },
      ],
      clusters: [
        {
          name: 'backend',
          type: 'STATIC',
          load_assignment: { cluster_name: 'backend', endpoints: [{ lb_endpoints: [endpoint] }] },
        },
      ],
    },
    overload_manager: {
      refresh_interval: '0.25s',
      resource_monitors: [
        typed(
          'envoy.resource_monitors.global_downstream_max_connections',
          'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
          { max_active_downstream_connections: '50000' },
        ),
        typed(
          'envoy.resource_monitors.fixed_heap',
          'envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig',
          {
            max_heap_size_bytes: String(2 ** 30),
          },
        ),
      ],
      actions: [
        {
          name: 'envoy.overload_actions.stop_accepting_requests',
          triggers: [{ name: 'envoy.resource_monitors.fixed_heap', threshold: { value: 0.95 } }],
        },
      ],
    },
  };
}
