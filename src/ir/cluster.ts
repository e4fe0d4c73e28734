import type { ClusterName, Origin, SecretName } from './name.ts';

export type CaSource = { readonly kind: 'System' } | { readonly kind: 'Bundle'; readonly secret: SecretName };

/** TLS towards a backend (BackendTLSPolicy). `subjectAltNames` is never empty: one of them must be in the certificate. */
export interface UpstreamTls {
  readonly sni: string;
  readonly subjectAltNames: readonly { readonly kind: 'DNS' | 'URI'; readonly value: string }[];
  readonly ca: CaSource;
  readonly clientCertificate?: SecretName;
}

/** `Http1` also carries WebSocket; `Http2` is prior knowledge (h2c), or h2 by ALPN where there is TLS. */
export type UpstreamProtocol = 'Http1' | 'Http2';

/**
 * One Service port, or the backends of one rule. Its endpoints come in the EndpointSet of the same name.
 * It changes rarely: each change closes its connections.
 */
export interface Cluster {
  readonly name: ClusterName;
  readonly origins: readonly Origin[];
  readonly protocol: UpstreamProtocol;
  readonly tls?: UpstreamTls;
  /** Localities carry the weights of a rule's backends. */
  readonly weightedLocalities: boolean;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `name` is shown in dumps; `weight` is set where the cluster weighs its localities. */
export interface Locality {
  readonly name: string;
  readonly weight?: number;
  readonly endpoints: readonly Endpoint[];
}

export interface EndpointSet {
  readonly cluster: ClusterName;
  readonly localities: readonly Locality[];
}
