import { unreachable } from '../../lib/never.ts';
import type { ObjectTypes } from '../../snapshot/object.ts';
import type { Precedence } from '../attachment.ts';

/** The kinds of objects that attach to listeners by `spec.parentRefs` (CommonRouteSpec). */
export type RouteKind = 'GRPCRoute' | 'HTTPRoute' | 'TCPRoute' | 'TLSRoute' | 'UDPRoute';
export type AnyRoute = ObjectTypes[RouteKind];

/** What decides between a route and others that ask for the same (HTTPRouteRule.matches). */
export function precedenceOf({ metadata }: AnyRoute): Precedence {
  return {
    createdAt: metadata.creationTimestamp ?? '',
    object: `${metadata.namespace ?? 'default'}/${metadata.name}`,
  };
}

/** The hostnames that a route asks for, as written; empty for every host, and for kinds that know none. */
export function hostnamesOf(route: AnyRoute): readonly string[] {
  switch (route.kind) {
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TLSRoute':
      return route.spec.hostnames ?? [];
    case 'TCPRoute':
    case 'UDPRoute':
      return [];
    default:
      return unreachable(route);
  }
}
