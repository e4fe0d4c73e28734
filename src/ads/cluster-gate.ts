import { type Generation, resourcesOf } from './generation.ts';
import type { AdsResource } from './resource.ts';
import { isGatedType, type TypeState } from './type-state.ts';
import { clusterType, listenerType } from './type-url.ts';

/**
 * Whether the proxy has said that every cluster this resource requires is warm, at the generation's version. A cluster
 * that was refused counts when an older version of it serves; one that the generation does not hold is not waited for.
 */
export function hasItsClusters(resource: AdsResource, generation: Generation, clusters: TypeState): boolean {
  if (!clusters.requested) return true;
  const wanted = resourcesOf(generation, clusterType);
  return resource.requires.every(({ typeUrl, name }) => {
    const cluster = typeUrl === clusterType ? wanted.get(name) : undefined;
    if (cluster === undefined) return true;
    if (clusters.inFlight?.removed.includes(name) === true) return false;
    const held = clusters.held.get(name);
    if (held === undefined) return false;
    if (held.version === cluster.version) return true;
    return clusters.refused.get(name) === cluster.version && held.resource !== undefined;
  });
}

/** Tells for each cluster whether something that the proxy has, or is being sent, may still use it. */
export function clusterUse(types: Iterable<TypeState>, generation: Generation): (name: string) => boolean {
  const users = [...types].filter((type) => isGatedType(type.typeUrl));
  const listeners = users.find((type) => type.typeUrl === listenerType);
  const listenersSettled = listeners?.inFlight === undefined && (listeners?.pending.size ?? 0) === 0;
  const used = new Set<string>();
  const add = (resource: AdsResource): void => {
    for (const { typeUrl, name } of resource.requires) if (typeUrl === clusterType) used.add(name);
  };
  for (const type of users) {
    type.inFlight?.resources.forEach(add);
    const wanted = resourcesOf(generation, type.typeUrl);
    for (const [name, held] of type.held.entries()) {
      // A route table that no listener names any more stays subscribed for as long as its old listener drains.
      if (type !== listeners && listenersSettled && !wanted.has(name)) continue;
      // From before this stream, and not what we would send: it may use anything.
      if (held.resource === 'unknown') return () => true;
      if (held.resource !== undefined) add(held.resource);
    }
  }
  return (name) => used.has(name);
}
