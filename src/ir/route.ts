import type {
  Cors,
  ExternalAuth,
  HeaderModification,
  Mirror,
  PathRewrite,
  Retry,
  Rewrite,
  SessionPersistence,
  Timeouts,
} from './filter.ts';
import type { RouteMatch } from './match.ts';
import type { ClusterName, Origin, RouteName, RouteTableName, SectionName, VirtualHostName } from './name.ts';

/** One share of a rule's traffic. Weights of a rule add up to its whole. */
export interface WeightedCluster {
  readonly cluster: ClusterName;
  /** At least 1: a backend of weight 0 gets no traffic and is not here. */
  readonly weight: number;
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
  readonly rewrite?: Rewrite;
}

/**
 * Sends the request on. `invalidWeight` is the share of backendRefs that can't be used: it is answered by
 * `unusableStatus`. At least one share is greater than 0.
 */
export interface Forward {
  readonly kind: 'Forward';
  readonly clusters: readonly WeightedCluster[];
  readonly invalidWeight: number;
  readonly rewrite?: Rewrite;
  readonly timeouts: Timeouts;
  readonly retry?: Retry;
  readonly mirrors: readonly Mirror[];
  readonly sessionPersistence?: SessionPersistence;
}

export interface Redirect {
  readonly kind: 'Redirect';
  readonly scheme?: 'http' | 'https';
  readonly hostname?: string;
  /** Absent: none is written, that is the scheme's own. */
  readonly port?: number;
  readonly path?: PathRewrite;
  readonly statusCode: 301 | 302 | 303 | 307 | 308;
}

/** Answers by itself; `why` is for people and goes into explanations, never into the answer. */
export interface DirectResponse {
  readonly kind: 'DirectResponse';
  readonly statusCode: number;
  readonly why: string;
}

export type RouteAction = Forward | Redirect | DirectResponse;

export interface Route {
  readonly name: RouteName;
  readonly origin: Origin;
  /** Index of the rule in its object, and its name where it has one. */
  readonly rule: number;
  readonly ruleName?: string;
  readonly match: RouteMatch;
  readonly action: RouteAction;
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
  readonly cors?: Cors;
  readonly externalAuth?: ExternalAuth;
}

/**
 * What requests are answered whose backend can't be used (HTTPRouteRule.backendRefs). A gRPC client is told its status
 * UNAVAILABLE, which is what 503 is turned into (GRPCRouteRule.backendRefs).
 */
export function unusableStatus({ grpc }: RouteMatch): 500 | 503 {
  return grpc === undefined ? 500 : 503;
}

/**
 * The routes of some hostnames, the first that matches wins. It belongs to the one section of its port whose hostname
 * is the most specific for the domains: a request that came in by another section never meets these routes
 * (GEP-3155, listener isolation).
 */
export interface VirtualHost {
  readonly name: VirtualHostName;
  /** Lower case; `*.example.com` for any number of labels before, `*` for all others. */
  readonly domains: readonly string[];
  readonly section: SectionName;
  readonly routes: readonly Route[];
}

/**
 * What one port answers. With `bySection` the filter chain that a connection came in by is compared with the virtual
 * host's section: another section's host is answered 421, a host of no section 404 (Listener.hostname).
 */
export interface RouteTable {
  readonly name: RouteTableName;
  readonly bySection: boolean;
  readonly virtualHosts: readonly VirtualHost[];
}
