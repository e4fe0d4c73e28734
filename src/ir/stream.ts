import type { ClusterName, Origin, RouteName } from './name.ts';

/** One share of the connections that a rule takes. */
export interface StreamShare {
  readonly cluster: ClusterName;
  /** At least 1: a backend of weight 0 gets no connection and is not here. */
  readonly weight: number;
}

/**
 * Joins a client's connection with one to a backend. `invalidWeight` is the share of backendRefs that can't be used:
 * its connections are reset (TCPRouteRule.backendRefs, TLSRouteRule.backendRefs). At least one share is greater than 0.
 */
export interface StreamForward {
  readonly route: RouteName;
  readonly origin: Origin;
  readonly clusters: readonly StreamShare[];
  readonly invalidWeight: number;
}

/** Sends datagrams on; the weights of the rule's backends are those of the cluster's localities (UDPRouteRule). */
export interface DatagramForward {
  readonly route: RouteName;
  readonly origin: Origin;
  readonly cluster: ClusterName;
}
