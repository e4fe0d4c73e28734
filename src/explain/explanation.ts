import type {
  ExternalAuth,
  HeaderModification,
  HeaderValue,
  Mirror,
  Retry,
  SessionPersistence,
  Timeouts,
} from '../ir/filter.ts';
import type { Bind } from '../ir/listener.ts';
import type { RouteMatch } from '../ir/match.ts';
import type {
  ClusterName,
  FilterChainName,
  GatewayName,
  ListenerName,
  Origin,
  RouteName,
  SecretName,
  SectionName,
  VirtualHostName,
} from '../ir/name.ts';
import type { HttpRequest } from './request.ts';
import type { StreamOutcome } from './stream.ts';

/** What a backend gets. Headers that the proxy makes up for each request (x-request-id, x-forwarded-for) are left out. */
export interface BackendRequest {
  readonly method: string;
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly headers: readonly HeaderValue[];
}

/** One share of a rule's traffic as a request meets it. */
export interface ForwardShare {
  /** Absent for the share of backendRefs that can't be used. */
  readonly cluster?: ClusterName;
  readonly weight: number;
  /** How many endpoints are ready. */
  readonly endpoints: number;
  /** The status that the proxy answers by itself: the backends can't be used (500, to gRPC 503) or none is ready (503). */
  readonly answers?: 500 | 503;
  readonly request: BackendRequest;
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
}

/** What becomes of a request. `why` is for people. */
export type Outcome =
  | {
      readonly kind: 'Forward';
      /** At least one. */
      readonly shares: readonly ForwardShare[];
      readonly mirrors: readonly Mirror[];
      readonly timeouts: Timeouts;
      readonly retry?: Retry;
      readonly sessionPersistence?: SessionPersistence;
      /** CORS headers of the answer; absent where the route has no CORS filter or the origin is not allowed. */
      readonly cors?: readonly HeaderValue[];
    }
  | {
      readonly kind: 'Redirect';
      readonly status: number;
      readonly location: string;
      readonly responseHeaders: HeaderModification;
    }
  | {
      readonly kind: 'DirectResponse';
      readonly status: number;
      readonly why: string;
      readonly responseHeaders: HeaderModification;
    }
  /** The proxy answers a CORS preflight by itself; `headers` is empty where the origin is not allowed. */
  | {
      readonly kind: 'Preflight';
      readonly status: 200 | 204;
      readonly allowed: boolean;
      readonly headers: readonly HeaderValue[];
    }
  | { readonly kind: 'NoRoute'; readonly status: 404; readonly why: string }
  /** The host belongs to another section of the port than the one that the connection came in by. */
  | { readonly kind: 'Misdirected'; readonly status: 421; readonly section: SectionName; readonly why: string }
  | StreamOutcome
  | { readonly kind: 'TlsRefused'; readonly why: string }
  | { readonly kind: 'NoListener'; readonly why: string };

export type OutcomeKind = Outcome['kind'];

export interface ExplainedListener {
  readonly name: ListenerName;
  readonly bind: Bind;
  /** The port that clients use. */
  readonly port: number;
}

export interface ExplainedChain {
  readonly name: FilterChainName;
  /** Absent: it takes every server name that no other chain does. */
  readonly serverName?: string;
  readonly certificates: readonly SecretName[];
  readonly clientCertificate: 'NotAsked' | 'Required' | 'Optional';
}

export interface ExplainedRoute {
  readonly name: RouteName;
  readonly origin: Origin;
  /** Index of the rule in its object. */
  readonly rule: number;
  readonly ruleName?: string;
  readonly match: RouteMatch;
  /** Asked before the outcome: what it does not allow is denied. */
  readonly externalAuth?: ExternalAuth;
}

/** Something that could have taken the request and did not. */
export interface NotChosen {
  readonly kind: 'Rule' | 'Attachment' | 'Listener';
  /** `namespace/name` of the object, or the name of the listener's section. */
  readonly name: string;
  readonly origin?: Origin;
  readonly route?: RouteName;
  readonly rule?: number;
  readonly ruleName?: string;
  readonly why: string;
}

/** What one Gateway makes of a request, and why. */
export interface Explanation {
  readonly request: HttpRequest;
  readonly gateway?: GatewayName;
  readonly listener?: ExplainedListener;
  readonly chain?: ExplainedChain;
  readonly section?: SectionName;
  readonly virtualHost?: { readonly name: VirtualHostName; readonly domain: string };
  readonly route?: ExplainedRoute;
  readonly outcome: Outcome;
  readonly notChosen: readonly NotChosen[];
}
