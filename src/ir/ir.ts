import type { Cluster, EndpointSet } from './cluster.ts';
import type { EgressListener } from './egress.ts';
import type { IngressListener } from './listener.ts';
import type { GatewayName } from './name.ts';
import type { RouteTable } from './route.ts';
import type { TlsSecret } from './secret.ts';

export type Listener = IngressListener | EgressListener;

/** All that the Envoys of one Gateway do. Lists are sorted by name; every name used is defined here. */
export interface GatewayIr {
  readonly name: GatewayName;
  readonly listeners: readonly Listener[];
  readonly routeTables: readonly RouteTable[];
  readonly clusters: readonly Cluster[];
  readonly endpoints: readonly EndpointSet[];
  readonly secrets: readonly TlsSecret[];
}

export interface Ir {
  readonly gateways: readonly GatewayIr[];
}
