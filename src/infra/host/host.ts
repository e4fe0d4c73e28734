import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createEnvoy, type Envoy, type EnvoyState } from './envoy.ts';
import { createGuard } from './guard.ts';
import { endStaleRuns, identify, writeRunRecord, type ProcessId } from './stale.ts';

export interface HostOptions {
  readonly binary: string;
  readonly concurrency: number;
  readonly maxConnections: number;
  readonly maxHeapBytes: number;
  readonly drainMs: number;
  readonly log: Logger;
  /** Opens the discovery socket of a Gateway's Envoy; returns what closes it. */
  serveXds(socket: string, gateway: string): Promise<() => Promise<void>>;
  accessLog(line: string): void;
}

/** What runs for one Gateway. */
export interface HostedEnvoy {
  readonly gateway: string;
  readonly state: EnvoyState;
  readonly adminSocket: string;
}

/** The Envoys of this host: one for each Gateway. */
export interface Host {
  /** Starts what is missing and stops what is no longer wanted; the others are not touched. */
  apply(gateways: readonly string[]): void;
  envoys(): readonly HostedEnvoy[];
  /** Gateways whose Envoy does not say that it serves. */
  notReady(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface Slot {
  readonly gateway: string;
  readonly envoy: Envoy;
  closeXds(): Promise<void>;
}

const prefix = 'sallyport-run-';

/** The Envoys of one run, with their sockets in a folder that only this user can enter. */
export function createHost(options: HostOptions): Host {
  const { log } = options;
  for (const { pid } of endStaleRuns(tmpdir(), prefix))
    log.warn({ pid }, 'ended an Envoy that an earlier run left behind');
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const guard = createGuard(folder);
  const slots = new Map<string, Promise<Slot>>();
  const running = new Map<string, Slot>();
  let opened = 0;

  function record(): void {
    const owner = identify(process.pid);
    if (owner === undefined) return;
    const children: ProcessId[] = [];
    for (const { envoy } of running.values()) {
      const state = envoy.state();
      const child = state.kind === 'Running' ? identify(state.pid) : undefined;
      if (child !== undefined) children.push(child);
    }
    writeRunRecord(folder, { owner, children });
  }

  async function open(gateway: string): Promise<Slot> {
    // Counted, not named after the Gateway: a socket's path holds at most 107 bytes.
    const own = join(folder, String(opened++));
    mkdirSync(own, { mode: 0o700 });
    const xdsSocket = join(own, 'xds.sock');
    const closeXds = await options.serveXds(xdsSocket, gateway);
    const envoy = createEnvoy({
      ...options,
      name: gateway,
      folder: own,
      xdsSocket,
      log: log.child({ gateway }),
      changed: () => record(),
    });
    const slot: Slot = { gateway, envoy, closeXds };
    running.set(gateway, slot);
    record();
    return slot;
  }

  async function close(gateway: string, opening: Promise<Slot>): Promise<void> {
    const slot = await opening;
    await slot.envoy.stop();
    await slot.closeXds();
    running.delete(gateway);
  }

  record();
  const closing = new Set<Promise<void>>();
  return {
    apply(gateways) {
      const wanted = new Set(gateways);
      for (const [gateway, slot] of slots) {
        if (wanted.has(gateway)) continue;
        slots.delete(gateway);
        const done = close(gateway, slot).catch((error: unknown) => log.error(error, 'an Envoy could not be stopped'));
        closing.add(done);
        void done.then(() => closing.delete(done));
      }
      for (const gateway of wanted) {
        if (slots.has(gateway)) continue;
        const slot = open(gateway);
        slot.catch((error: unknown) => log.error(error, 'an Envoy could not be started'));
        slots.set(gateway, slot);
      }
    },
    envoys: () =>
      [...running.values()].map(({ gateway, envoy }) => ({
        gateway,
        state: envoy.state(),
        adminSocket: envoy.adminSocket,
      })),
    async notReady() {
      const checks = [...slots.keys()].map(async (gateway) => {
        const slot = running.get(gateway);
        return slot !== undefined && (await slot.envoy.isReady()) ? [] : [gateway];
      });
      return (await Promise.all(checks)).flat();
    },
    async stop() {
      await Promise.all([...[...slots].map(([gateway, slot]) => close(gateway, slot)), ...closing]);
      slots.clear();
      rmSync(folder, { recursive: true, force: true });
      guard.release();
    },
  };
}
