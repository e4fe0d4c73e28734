import type { Logger } from 'pino';
import type { Metrics } from '../admin/metrics.ts';
import type { ProxyState } from '../ads/proxy-state.ts';
import { createHost, type Host, type HostedEnvoy } from '../infra/host/host.ts';
import type { ObjectRef } from '../snapshot/object.ts';
import type { ObjectLiveness } from './liveness.ts';
import type { Change } from '../snapshot/snapshot.ts';
import type { TranslateOptions } from '../translate/options.ts';
import type { XdsOptions } from '../xds/options.ts';
import { createController, type Controller, type ControlState } from './controller.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
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
  liveness(ref: ObjectRef, state: ControlState): ObjectLiveness;
  proxies(): readonly ProxyState[];
  envoys(): readonly HostedEnvoy[];
  /** Gateways whose Envoy has not yet acknowledged everything, or does not serve; before the first turn, that. */
  waitingFor(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface Parts {
  readonly discovery: Discovery;
  readonly host: Host;
  readonly controller: Controller;
}

async function findWaiting({ discovery, host, controller }: Parts): Promise<readonly string[]> {
  const state = controller.state();
  if (state === undefined) return ['the first turn'];
  const behind = discovery.behind(state.translation.ir.gateways.map((gateway) => gateway.name));
  return [...new Set([...behind, ...(await host.notReady())])].sort();
}

/** Wires the loop, the discovery server and the Envoys of this host. Nothing runs before the first objects are applied. */
export function createStandalone(options: StandaloneOptions): Standalone {
  const { log, metrics } = options;
  const discovery = createDiscovery({
    metrics,
    controller: () => controller,
    server: { maxConnectionAgeMs: Infinity },
  });
  const { ads } = discovery;
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
    publish: (gateway, resources, turn) => discovery.publish(gateway, resources, turn),
    retire: (gateway) => discovery.retire(gateway),
    turned(state, turn, changes) {
      discovery.turned(turn, changes);
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
    liveness: (ref, state) => discovery.liveness(ref, state),
    proxies: () => ads.state(),
    envoys: () => host.envoys(),
    waitingFor: () => findWaiting({ discovery, host, controller }),
    async stop() {
      controller.stop();
      await host.stop();
      await ads.close();
    },
  };
}
