import type { ClusterName } from './name.ts';

export interface HeaderValue {
  /** Lower case. */
  readonly name: string;
  /** Literal: nothing in it is expanded. */
  readonly value: string;
}

export interface HeaderModification {
  readonly set: readonly HeaderValue[];
  readonly add: readonly HeaderValue[];
  readonly remove: readonly string[];
}

export const noHeaderModification: HeaderModification = { set: [], add: [], remove: [] };

/** `Prefix` replaces the matched prefix by `value`; neither has a trailing slash except for the root. */
export type PathRewrite =
  | { readonly kind: 'Full'; readonly value: string }
  | { readonly kind: 'Prefix'; readonly prefix: string; readonly value: string };

export interface Rewrite {
  readonly hostname?: string;
  readonly path?: PathRewrite;
}

/** A copy of `numerator` in `denominator` requests goes to the cluster; its answer is dropped. */
export interface Mirror {
  readonly cluster: ClusterName;
  readonly numerator: number;
  readonly denominator: number;
}

/** `Pattern` holds an origin with `*` as its host's first part, or `*` alone for every origin. */
export type OriginMatch = { readonly kind: 'Exact' | 'Pattern'; readonly value: string };

/** HTTPRoute's CORS filter (GEP-1767). */
export interface Cors {
  readonly allowOrigins: readonly OriginMatch[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number;
}

/**
 * A server is asked before a request goes on (HTTPRoute's ExternalAuth filter, GEP-1494). What it does not allow, or
 * does not answer, is denied. Header names are lower case.
 */
export type ExternalAuth = {
  readonly cluster: ClusterName;
  /** How much of a request's body the server sees; a request with more is answered 413. Absent: nothing. */
  readonly maxBodyBytes?: number;
} & (
  | {
      readonly protocol: 'Http';
      /** Put before the request's path; begins with a slash and does not end in one. */
      readonly pathPrefix?: string;
      /** What it sees of the request beside method, path, Host, Content-Length and Authorization. */
      readonly requestHeaders: readonly string[];
      /** What of its answer is put on the request. */
      readonly responseHeaders: readonly string[] | 'All';
    }
  | {
      /** `envoy.service.auth.v3.Authorization`. */
      readonly protocol: 'Grpc';
      /** The host that the server is spoken to by. */
      readonly authority: string;
      /** What it sees of the request. */
      readonly requestHeaders: readonly string[] | 'All';
    }
);

/** Sticky sessions (GEP-1619). `ttlMs` is the absolute timeout. */
export type SessionPersistence =
  | {
      readonly kind: 'Cookie';
      readonly name: string;
      readonly path: string;
      readonly lifetime: 'Session' | 'Permanent';
      readonly ttlMs?: number;
    }
  | { readonly kind: 'Header'; readonly name: string };

export interface Retry {
  /** Retries after the first try. */
  readonly attempts: number;
  readonly statusCodes: readonly number[];
  readonly backoffMs?: number;
}

/** Milliseconds; 0 switches the timeout off, absent means the default. */
export interface Timeouts {
  readonly requestMs?: number;
  readonly backendRequestMs?: number;
}
