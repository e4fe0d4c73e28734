import { typed } from './typed.ts';

export interface OverloadLimits {
  /** Connections over all listeners; the next ones are closed at once. */
  readonly maxConnections: number;
  /** Bytes of heap; at 95 % Envoy stops taking requests. */
  readonly maxHeapBytes: number;
}

/** What Envoy does before it has no memory or file descriptor left (`OverloadManager`). */
export function overloadManager({ maxConnections, maxHeapBytes }: OverloadLimits): object {
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
