import type { FilterChainName, ListenerName, Origin, RouteTableName, SecretName, SectionName } from './name.ts';

/** Where the socket is bound. It can differ from the port that clients use, which is the Listener's `port`. */
export interface Bind {
  readonly address: string;
  readonly port: number;
}

/** How a client's certificate is checked (Gateway.spec.tls.frontend). */
export interface ClientValidation {
  readonly caSecret: SecretName;
  readonly mode: 'AllowValidOnly' | 'AllowInsecureFallback';
}

/** TLS that ends here, for one section. `serverName` is absent for a section without a hostname. */
export interface TerminatingChain {
  readonly kind: 'Terminate';
  readonly name: FilterChainName;
  readonly section: SectionName;
  readonly serverName?: string;
  /** At least one; Envoy chooses by SNI, the first where none fits. */
  readonly certificates: readonly SecretName[];
  readonly clientValidation?: ClientValidation;
  readonly routeTable: RouteTableName;
}

export type FilterChain = TerminatingChain;

/** Plain HTTP on one port. */
export interface HttpListener {
  readonly kind: 'Http';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly routeTable: RouteTableName;
  readonly origins: readonly Origin[];
}

/** TLS on one port: chains by SNI, no two with the same server name; a handshake that none fits fails. */
export interface TlsListener {
  readonly kind: 'Tls';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly chains: readonly FilterChain[];
  readonly origins: readonly Origin[];
}

export type IngressListener = HttpListener | TlsListener;
