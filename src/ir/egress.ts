import type { CaSource } from './cluster.ts';
import type { Retry } from './filter.ts';
import type { Bind } from './listener.ts';
import type { PathMatch } from './match.ts';
import type { ClusterName, ListenerName, Origin, RouteName, SecretName } from './name.ts';

/** Somebody who may call: one address, known by its Pod. */
export interface EgressCaller {
  readonly address: string;
  /** `namespace/name`. */
  readonly pod: string;
  /** `namespace/name`. */
  readonly serviceAccount: string;
  /** The Egress objects that select it, as `namespace/name`, sorted; empty for none. */
  readonly egresses: readonly string[];
}

/**
 * How connections of some rules leave: one cluster and one DNS cache for each distinct value.
 * `refusedRanges` is the guard: no address in them is ever connected to, whatever a name resolves to.
 */
export interface EgressUpstream {
  readonly name: ClusterName;
  readonly refusedRanges: readonly string[];
  readonly connectTimeoutMs: number;
  /** TLS is spoken for the caller; SNI and certificate follow the host that was called. */
  readonly tls?: { readonly ca: CaSource; readonly clientCertificate?: SecretName };
}

/** `Rule` counts all callers together. The bucket fills continuously. */
export interface EgressRateLimit {
  readonly requests: number;
  readonly perMs: number;
  readonly key: 'Rule' | 'SourceIP' | 'ServiceAccount';
}

/**
 * `Forward` sends a request on. `Tunnel` joins the caller with the destination: with `checkServerName` only TLS passes whose
 * server name is the host that was asked for. `Refuse` answers 403: a Deny rule, or an Allow rule that can't be served.
 */
export type EgressAction =
  | {
      readonly kind: 'Forward';
      readonly upstream: EgressUpstream;
      readonly rateLimit?: EgressRateLimit;
      readonly requestTimeoutMs?: number;
      readonly retry?: Retry;
    }
  | {
      readonly kind: 'Tunnel';
      readonly upstream: EgressUpstream;
      readonly checkServerName: boolean;
      readonly rateLimit?: EgressRateLimit;
    }
  | { readonly kind: 'Refuse'; readonly why: string };

/**
 * Which calls. `Request` is one the gateway can read, in absolute or origin form; `Tunnel` is CONNECT; `Any` is both.
 * `scheme` is the one that the caller wrote; absent, both fit.
 */
export interface EgressMatch {
  readonly form: 'Request' | 'Tunnel' | 'Any';
  readonly scheme?: 'http' | 'https';
  /** Empty: every method. */
  readonly methods: readonly string[];
  readonly path?: PathMatch;
}

/** What one rule says of one destination. Holds for callers that `egress` selects, and for no other. */
export interface EgressRoute {
  /** `namespace/egress/rule`: the name in access logs and refusals. */
  readonly name: RouteName;
  /** `namespace/name`. */
  readonly egress: string;
  readonly origin: Origin;
  readonly match: EgressMatch;
  readonly action: EgressAction;
}

/** A host by name, by its end (`.example.com`), or an address by the range that holds it. */
export type EgressPattern =
  | { readonly kind: 'Exact'; readonly host: string }
  | { readonly kind: 'Suffix'; readonly suffix: string }
  | { readonly kind: 'Range'; readonly range: string };

/** A pattern as people write it, which is also how Envoy takes server names. */
export function describePattern(pattern: EgressPattern): string {
  switch (pattern.kind) {
    case 'Exact':
      return pattern.host;
    case 'Suffix':
      return `*${pattern.suffix}`;
    case 'Range':
      return pattern.range;
  }
}

/**
 * The routes for a host on one port, the first that fits wins; where none does, the call is denied. Of several
 * patterns that fit a host, only the most specific counts, and it holds the routes of the wider ones too.
 * `port` is the one that the caller wrote; `Default` is for an authority without a port.
 */
export interface EgressTarget {
  readonly pattern: EgressPattern;
  readonly port: number | 'Default';
  readonly routes: readonly EgressRoute[];
}

/** Who may pass TLS with which server names through a passthrough listener. */
export interface EgressServerNameRule {
  readonly name: RouteName;
  readonly egress: string;
  readonly origin: Origin;
  readonly action: 'Allow' | 'Deny';
  /** `Exact` and `Suffix` only. */
  readonly patterns: readonly EgressPattern[];
}

/** Where names are asked for; absent: the system's resolver. */
export interface DnsResolver {
  readonly address: string;
  readonly port: number;
}

interface EgressListenerBase {
  readonly name: ListenerName;
  readonly bind: Bind;
  /** The port that callers use. */
  readonly port: number;
  readonly origins: readonly Origin[];
  /** Sorted by address. */
  readonly callers: readonly EgressCaller[];
  readonly resolver?: DnsResolver;
  /** Milliseconds after which a tunnel ends, as a caller that lost its right keeps an established one. */
  readonly longestTunnelMs: number;
}

/** A forward proxy: absolute-form and CONNECT, in plain text or, with `certificates`, over TLS. */
export interface ForwardProxyListener extends EgressListenerBase {
  readonly kind: 'ForwardProxy';
  readonly certificates: readonly SecretName[];
  /** Sorted by port and pattern. */
  readonly targets: readonly EgressTarget[];
}

/** TLS passed through by its server name, which is also where it goes, on the listener's port. */
export interface ServerNameListener extends EgressListenerBase {
  readonly kind: 'ServerName';
  readonly upstream: EgressUpstream;
  /** Names that leave in another way than all others. */
  readonly chains: readonly { readonly pattern: EgressPattern; readonly upstream: EgressUpstream }[];
  readonly rules: readonly EgressServerNameRule[];
}

export type EgressListener = ForwardProxyListener | ServerNameListener;
