import type { GatewayTemplateSpec } from '../../../gen/kubernetes/types.ts';
import type { GatewayIdentity } from '../authority/identity.ts';

export interface ListenerPort {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** A Gateway whose Envoys are to run in its own namespace. */
export interface WantedGateway {
  readonly gateway: GatewayIdentity;
  readonly className: string;
  /** Of `spec.infrastructure`: put on all that is made for the Gateway. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Each once, as clients use them. */
  readonly ports: readonly ListenerPort[];
  /** Addresses that are asked for by value; empty where any will do. */
  readonly addresses: readonly string[];
  readonly template: GatewayTemplateSpec;
}

/** What is the same for all Gateways. */
export interface RenderOptions {
  readonly image: string;
  /** Where proxies reach the discovery server: a DNS name that its certificate carries. */
  readonly discovery: { readonly host: string; readonly port: number };
  /** Where pods answer for their readiness: `0.0.0.0`, or `::` where the cluster has IPv6. */
  readonly bindAddress: string;
  /** Where a template does not say. */
  readonly defaults: {
    readonly replicas: number;
    readonly concurrency: number;
    readonly maxConnections: number;
    readonly maxHeapBytes: number;
    readonly drainSeconds: number;
  };
}
