import type { Front } from './front.ts';
import type { FilterChainName, ListenerName, Origin, RouteTableName, SecretName, SectionName } from './name.ts';
import type { DatagramForward, StreamForward } from './stream.ts';

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

/** What every chain has. `serverName` is absent for the one that takes what no other does. */
interface Chain {
  readonly name: FilterChainName;
  readonly section: SectionName;
  readonly serverName?: string;
}

/** TLS that ends here. */
interface EndOfTls {
  /** At least one; Envoy chooses by SNI, the first where none fits. */
  readonly certificates: readonly SecretName[];
  readonly clientValidation?: ClientValidation;
}

/** TLS that ends here with HTTP inside, for one section. */
export interface TerminatingChain extends Chain, EndOfTls {
  readonly kind: 'Terminate';
  readonly routeTable: RouteTableName;
}

/** TLS that ends here; what is inside goes on as it is. */
export interface TerminatingStreamChain extends Chain, EndOfTls {
  readonly kind: 'TerminateTcp';
  readonly forward: StreamForward;
}

/** TLS that is handed on as it came: nothing but the server name is read. */
export interface PassthroughChain extends Chain {
  readonly kind: 'Passthrough';
  readonly forward: StreamForward;
}

/**
 * Closes every connection before its handshake: a server name that a section owns and no route serves must not fall
 * to a section with a wider hostname. `why` is for people.
 */
export interface RefusingChain extends Chain {
  readonly kind: 'Refuse';
  readonly why: string;
}

/** A chain that a TLSRoute decides on. */
export type StreamChain = TerminatingStreamChain | PassthroughChain | RefusingChain;
export type FilterChain = TerminatingChain | StreamChain;

/** Plain HTTP on one port. */
export interface HttpListener {
  readonly kind: 'Http';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly routeTable: RouteTableName;
  readonly front?: Front;
  readonly origins: readonly Origin[];
}

/** TLS on one port: chains by SNI, no two with the same server name; a handshake that none fits fails. */
export interface TlsListener {
  readonly kind: 'Tls';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly chains: readonly FilterChain[];
  readonly front?: Front;
  readonly origins: readonly Origin[];
}

/** Connections of any protocol on one port. Without `forward` each is reset. */
export interface TcpListener {
  readonly kind: 'Tcp';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly forward?: StreamForward;
  readonly front?: Front;
  readonly origins: readonly Origin[];
}

/** Datagrams on one port. Without `forward` each is dropped. */
export interface UdpListener {
  readonly kind: 'Udp';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly forward?: DatagramForward;
  readonly origins: readonly Origin[];
}

export type IngressListener = HttpListener | TlsListener | TcpListener | UdpListener;
