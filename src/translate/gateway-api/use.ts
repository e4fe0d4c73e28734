import { compareStrings } from '../../lib/order.ts';
import { type BackendReference, findServiceName } from '../../resolve/service.ts';
import type { ClusterRequest } from '../attachment.ts';

/** Collects what the rules of one route use. */
export interface RouteUses {
  readonly addCluster: (request: ClusterRequest) => void;
  /** A reference that may be to a backend, whether it can be used or not. */
  readonly addReference: (ref: BackendReference) => void;
  /** Sorted by name. */
  readonly clusters: () => readonly ClusterRequest[];
  /** `namespace/name` of the Services that are named, and of what has a name among them, sorted. */
  readonly services: () => readonly string[];
}

export function createRouteUses(namespace: string): RouteUses {
  const clusters = new Map<string, ClusterRequest>();
  const services = new Set<string>();
  return {
    addCluster: (request) => void clusters.set(request.name, request),
    addReference: ({ group = '', kind = 'Service', namespace: other = namespace, name }) => {
      const service = findServiceName({ group, kind, name });
      if (service !== undefined) services.add(`${other}/${service}`);
    },
    clusters: () => [...clusters.values()].sort((a, b) => compareStrings(a.name, b.name)),
    services: () => [...services].sort(compareStrings),
  };
}
