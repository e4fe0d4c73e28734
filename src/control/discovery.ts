import type { Metrics } from '../admin/metrics.ts';
import { type AdsServer, type AdsServerOptions, createAdsServer } from '../ads/server.ts';
import type { Mark } from '../ads/mark.ts';
import type { GatewayName } from '../ir/name.ts';
import type { Proxy } from '../ads/proxy-state.ts';
import { buildDrainingResources } from '../xds/build-draining-resources.ts';
import type { ResourcesByType } from '../xds/build-resources.ts';
import type { ObjectRef } from '../snapshot/object.ts';
import type { Change } from '../snapshot/snapshot.ts';
import type { Controller, ControlState } from './controller.ts';
import { Liveness, type ObjectLiveness } from './liveness.ts';

/** The discovery server as the loop uses it: a group of proxies for each Gateway, and their answers back to the loop. */
export interface Discovery {
  readonly ads: AdsServer;
  /** `turn` becomes the number of the generation. */
  publish(gateway: GatewayName, resources: ResourcesByType, turn: number): void;
  /** Forgets a Gateway that is gone. */
  retire(gateway: GatewayName): void;
  /** Where an object is served. */
  liveness(ref: ObjectRef, state: ControlState): ObjectLiveness;
  /** A turn took in these changes. */
  turned(turn: number, changes: readonly Change[]): void;
  /** Gateways of which a connected proxy has not acknowledged everything, or that have no proxy. */
  behind(gateways: readonly GatewayName[]): readonly GatewayName[];
  /** Gateways that have a proxy, and one that has not acknowledged everything. */
  catchingUp(): readonly GatewayName[];
}

export interface DiscoveryOptions {
  readonly metrics: Metrics;
  /** Asked for when the first answer comes, as each needs the other. */
  readonly controller: () => Controller;
  readonly server?: Omit<AdsServerOptions, 'events'>;
  /** How far objects were read, where several servers read the same ones; undefined before anything was. */
  readonly mark?: () => Mark | undefined;
  /** A proxy has come. */
  readonly connected?: (proxy: Proxy) => void;
}

/** A discovery server that listens nowhere yet; whoever makes it closes `ads`. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { metrics, controller, server, connected } = options;
  const generations = new Map<GatewayName, number>();
  const liveness = new Liveness(() => Date.now());
  const ads = createAdsServer({
    ...server,
    events: {
      onConnect: (proxy) => {
        metrics.proxies.inc();
        connected?.(proxy);
      },
      onDisconnect: (proxy) => {
        metrics.proxies.dec();
        liveness.disconnected(proxy);
      },
      onSynced: (proxy, generation) => liveness.synced(proxy, generation),
      onAck: (proxy, answer) => {
        const answers = answer.resources.map((resource) => ({ typeUrl: answer.typeUrl, ...resource }));
        // Groups are named as Gateways are, by `publish` below and by whoever identifies proxies.
        controller().accepted(proxy.group as GatewayName, answers);
      },
      onNack: (proxy, answer) => {
        // The resources are sent again one by one: the answers to come tell which of them it is.
        if (answer.narrowing) return;
        const answers = answer.resources.map((resource) => ({ typeUrl: answer.typeUrl, ...resource }));
        controller().refused(proxy.group as GatewayName, answers, answer.refusal ?? '');
      },
    },
  });
  const behind = (names: readonly GatewayName[]) =>
    names.filter((name) => ads.acknowledged(name) !== generations.get(name));
  return {
    ads,
    publish(gateway, resources, turn) {
      generations.set(gateway, turn);
      liveness.published(gateway, turn);
      const mark = options.mark?.();
      ads.publish(gateway, {
        id: turn,
        resources,
        draining: () => buildDrainingResources(resources),
        ...(mark === undefined ? {} : { mark }),
      });
    },
    retire(gateway) {
      generations.delete(gateway);
      liveness.retired(gateway);
      ads.forget(gateway);
    },
    liveness: (ref, state) => liveness.describe(ref, state, ads.state()),
    turned(turn, changes) {
      liveness.turned(turn, changes);
      const mark = options.mark?.();
      if (mark !== undefined) ads.reach(mark);
    },
    behind,
    catchingUp: () => behind([...new Set(ads.state().map(({ group }) => group as GatewayName))]),
  };
}
