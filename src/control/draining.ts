import type { Proxy } from '../ads/proxy-state.ts';
import { type ObjectKey, objectKey } from '../snapshot/object.ts';
import type { Collection } from '../snapshot/snapshot.ts';
import type { ControlState } from './controller.ts';

type Connected = Pick<Proxy, 'group' | 'nodeId'>;

/** What the discovery server does for it. */
export interface DrainingServer {
  setDraining(group: string, nodeId: string, isDraining: boolean): void;
  state(): readonly Connected[];
}

/**
 * Tells proxies whose Pods are being deleted to send their clients away, each connection after the response in flight:
 * the Pod's preStop hook gives them the time. A proxy is known to its Gateway by its certificate, and among that
 * Gateway's Pods by the name that it gives itself: who lies there drains itself, or does not.
 */
export class Draining {
  readonly #ads: DrainingServer;
  /** Namespaces of Gateways by group. */
  #namespaces: ReadonlyMap<string, string> = new Map();
  #pods: Collection<'Pod'> = new Map();
  /** Node ids that were told to drain, by Pod. */
  readonly #told = new Map<ObjectKey, Connected>();

  constructor(ads: DrainingServer) {
    this.#ads = ads;
  }

  update({ snapshot, translation }: ControlState): void {
    const { Pod: pods } = snapshot.collections;
    if (pods === this.#pods) return;
    this.#pods = pods;
    this.#namespaces = new Map(translation.gateways.map(({ name, gateway }) => [name, gateway.namespace]));
    for (const [key, { group, nodeId }] of this.#told) {
      if (pods.get(key)?.metadata.deletionTimestamp !== undefined) continue;
      // The Pod is gone, and a later one of its name is another.
      this.#told.delete(key);
      this.#ads.setDraining(group, nodeId, false);
    }
    for (const proxy of this.#ads.state()) this.connected(proxy);
  }

  /** A proxy has come, perhaps from a replica that told it to drain. */
  connected({ group, nodeId }: Connected): void {
    const namespace = this.#namespaces.get(group);
    if (namespace === undefined) return;
    const key = objectKey({ kind: 'Pod', namespace, name: nodeId });
    if (this.#told.has(key) || this.#pods.get(key)?.metadata.deletionTimestamp === undefined) return;
    this.#told.set(key, { group, nodeId });
    this.#ads.setDraining(group, nodeId, true);
  }
}
