/**
 * How a path is compared. `Prefix` compares whole path elements: `/a` meets `/a` and `/a/b`, not `/ab`; its value
 * has no trailing slash except for the root. `RegularExpression` is RE2 and covers the whole path.
 */
export type PathMatch =
  | { readonly kind: 'Exact'; readonly value: string }
  | { readonly kind: 'Prefix'; readonly value: string }
  | { readonly kind: 'RegularExpression'; readonly value: string };

/** A header or query parameter by its whole value. Header names are lower case. */
export interface ValueMatch {
  readonly kind: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

/**
 * How many characters of the service and of the method a match gives, which ranks it among others
 * (GRPCRouteRule.matches).
 */
export interface GrpcRank {
  readonly service: number;
  readonly method: number;
}

/** All parts must hold. */
export interface RouteMatch {
  readonly path: PathMatch;
  /** Set: only gRPC requests match, whose path is `/service/method`. */
  readonly grpc?: GrpcRank;
  readonly method?: string;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
  /**
   * How many labels the request's host must have: an Ingress's `*` stands for exactly one, while a virtual host's
   * stands for any number. The rest of the host is compared by the virtual host. It plays no part in precedence.
   */
  readonly hostLabels?: number;
}
