import type { ClusterName, Origin, SecretName } from './name.ts';

export type CaSource = { readonly kind: 'System' } | { readonly kind: 'Bundle'; readonly secret: SecretName };

/** TLS towards a backend (BackendTLSPolicy). `subjectAltNames` is never empty: one of them must be in the certificate. */
export interface UpstreamTls {
  readonly sni: string;
  readonly subjectAltNames: readonly { readonly kind: 'DNS' | 'URI'; readonly value: string }[];
  readonly ca: CaSource;
  readonly clientCertificate?: SecretName;
}

/**
 * `Http1` also carries WebSocket; `Http2` is prior knowledge (h2c), or h2 by ALPN where there is TLS. `Tcp` and `Udp`
 * carry bytes and datagrams that nobody here reads.
 */
export type UpstreamProtocol = 'Http1' | 'Http2' | 'Tcp' | 'Udp';

/** A host that the proxy asks the DNS for, in place of endpoints. */
export interface DnsHost {
  readonly hostname: string;
  readonly port: number;
  /** Ranges that no request goes to, whatever the name resolves to. */
  readonly refusedRanges: readonly string[];
}

/** How many of a cluster's requests may be retries (GEP-3388). */
export interface RetryBudget {
  /** Of the requests within the interval. */
  readonly percent: number;
  readonly intervalMs: number;
  /** So many at a time are allowed in any case. */
  readonly minConcurrent: number;
}

/**
 * One Service port, or the backends of one rule. Its endpoints come in the EndpointSet of the same name.
 * It changes rarely: each change closes its connections.
 */
export interface Cluster {
  readonly name: ClusterName;
  readonly origins: readonly Origin[];
  readonly protocol: UpstreamProtocol;
  readonly tls?: UpstreamTls;
  /** Set: it has no EndpointSet. */
  readonly dns?: DnsHost;
  readonly retryBudget?: RetryBudget;
  /** Localities carry the weights of a rule's backends. */
  readonly weightedLocalities: boolean;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * `name` is shown in dumps; `weight` is set where the cluster weighs its localities. What goes to one that `discards`
 * is thrown away: one without endpoints would leave its share to the others.
 */
export interface Locality {
  readonly name: string;
  readonly weight?: number;
  readonly endpoints: readonly Endpoint[];
  readonly discards?: true;
}

export interface EndpointSet {
  readonly cluster: ClusterName;
  readonly localities: readonly Locality[];
}
