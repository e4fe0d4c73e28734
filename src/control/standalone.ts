import type { Logger } from 'pino';
import type { Metrics } from '../admin/metrics.ts';
import { createAdsServer, type AdsServer } from '../ads/server.ts';
import type { ProxyState } from '../ads/proxy-state.ts';
import { createHost, type Host, type HostedEnvoy } from '../infra/host/host.ts';
import type { GatewayName } from '../ir/name.ts';
import type { Change } from '../snapshot/snapshot.ts';
import type { TranslateOptions } from '../translate/options.ts';
import type { XdsOptions } from '../xds/options.ts';
import { createController, type Controller, type ControlState } from './controller.ts';
import { createPipeline } from './pipeline.ts';

export interface StandaloneOptions {
  readonly envoyBinary: string;
  readonly translate: TranslateOptions;
  readonly xds: XdsOptions;
  /** Worker threads of each Envoy. */
  readonly concurrency: number;
  readonly maxConnections: number;
  readonly maxHeapBytes: number;
  readonly drainMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
  accessLog(line: string): void;
  /** A turn of the loop is over. */
  turned(state: ControlState): void;
}

/** The control plane and the Envoys of one host, without the source of objects. */
export interface Standalone {
  apply(changes: readonly Change[]): void;
  /** Undefined before the first turn. */
  state(): ControlState | undefined;
  proxies(): readonly ProxyState[];
  envoys(): readonly HostedEnvoy[];
  /** Gateways whose Envoy has not yet acknowledged everything, or does not serve; before the first turn, that. */
  waitingFor(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface Parts {
  readonly ads: AdsServer;
  readonly host: Host;
  readonly controller: Controller;
  readonly generations: ReadonlyMap<GatewayName, number>;
}

async function findWaiting({ ads, host, controller, generations }: Parts): Promise<readonly string[]> {
  const state = controller.state();
  if (state === undefined) return ['the first turn'];
  const behind = state.translation.ir.gateways
    .map((gateway) => gateway.name)
    .filter((name) => ads.acknowledged(name) !== generations.get(name));
  return [...new Set([...behind, ...(await host.notReady())])].sort();
}

/** Wires the loop, the discovery server and the Envoys of this host. Nothing runs before the first objects are applied. */
export function createStandalone(options: StandaloneOptions): Standalone {
  const { log, metrics } = options;
  const generations = new Map<GatewayName, number>();
  const ads: AdsServer = createAdsServer({
    events: {
      onConnect: () => metrics.proxies.inc(),
      onDisconnect: () => metrics.proxies.dec(),
      onAck: (proxy, answer) => {
        const answers = answer.resources.map((resource) => ({ typeUrl: answer.typeUrl, ...resource }));
        controller.accepted(proxy.group as GatewayName, answers);
      },
      onNack: (proxy, answer) => {
        // The resources are sent again one by one: the answers to come tell which of them it is.
        if (answer.narrowing) return;
        const answers = answer.resources.map((resource) => ({ typeUrl: answer.typeUrl, ...resource }));
        controller.refused(proxy.group as GatewayName, answers, answer.refusal ?? '');
      },
    },
  });
  const host = createHost({
    binary: options.envoyBinary,
    concurrency: options.concurrency,
    maxConnections: options.maxConnections,
    maxHeapBytes: options.maxHeapBytes,
    drainMs: options.drainMs,
    log,
    serveXds: (socket, gateway) => ads.listenUnix(socket, gateway),
    accessLog: (line) => options.accessLog(line),
  });
  const controller: Controller = createController({
    pipeline: createPipeline(options.translate, options.xds),
    metrics,
    log,
    publish(gateway, resources) {
      const id = (generations.get(gateway) ?? 0) + 1;
      generations.set(gateway, id);
      ads.publish(gateway, { id, resources });
    },
    turned(state) {
      const names = state.translation.ir.gateways
        .filter((gateway) => gateway.listeners.length > 0)
        .map(({ name }) => name);
      host.apply(names);
      options.turned(state);
    },
  });
  return {
    apply: (changes) => controller.apply(changes),
    state: () => controller.state(),
    proxies: () => ads.state(),
    envoys: () => host.envoys(),
    waitingFor: () => findWaiting({ ads, host, controller, generations }),
    async stop() {
      controller.stop();
      await host.stop();
      await ads.close();
    },
  };
}
