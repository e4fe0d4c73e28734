import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createEnvoy, type Envoy, type EnvoyState } from './envoy.ts';
import { createGuard, type Guard } from './guard.ts';
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

class LocalHost implements Host {
  readonly #options: HostOptions;
  readonly #folder: string;
  readonly #guard: Guard;
  readonly #slots = new Map<string, Promise<Slot>>();
  readonly #running = new Map<string, Slot>();
  readonly #closing = new Set<Promise<void>>();
  #opened = 0;

  constructor(options: HostOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#guard = createGuard(folder);
    this.#record();
  }

  apply(gateways: readonly string[]): void {
    const { log } = this.#options;
    const wanted = new Set(gateways);
    for (const [gateway, slot] of this.#slots) {
      if (wanted.has(gateway)) continue;
      this.#slots.delete(gateway);
      const done = this.#close(slot).catch((error: unknown) => log.error(error, 'an Envoy could not be stopped'));
      this.#closing.add(done);
      void done.then(() => this.#closing.delete(done));
    }
    for (const gateway of wanted) {
      if (this.#slots.has(gateway)) continue;
      const slot = this.#open(gateway);
      slot.catch((error: unknown) => log.error(error, 'an Envoy could not be started'));
      this.#slots.set(gateway, slot);
    }
  }

  envoys(): readonly HostedEnvoy[] {
    return [...this.#running.values()].map(({ gateway, envoy }) => ({
      gateway,
      state: envoy.state(),
      adminSocket: envoy.adminSocket,
    }));
  }

  async notReady(): Promise<readonly string[]> {
    const checks = [...this.#slots.keys()].map(async (gateway) => {
      const slot = this.#running.get(gateway);
      return slot !== undefined && (await slot.envoy.isReady()) ? [] : [gateway];
    });
    return (await Promise.all(checks)).flat();
  }

  async stop(): Promise<void> {
    await Promise.all([...[...this.#slots.values()].map((slot) => this.#close(slot)), ...this.#closing]);
    this.#slots.clear();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#guard.release();
  }

  async #open(gateway: string): Promise<Slot> {
    // Counted, not named after the Gateway: a socket's path holds at most 107 bytes.
    const own = join(this.#folder, String(this.#opened++));
    mkdirSync(own, { mode: 0o700 });
    const xdsSocket = join(own, 'xds.sock');
    const closeXds = await this.#options.serveXds(xdsSocket, gateway);
    const envoy = createEnvoy({
      ...this.#options,
      name: gateway,
      folder: own,
      xdsSocket,
      log: this.#options.log.child({ gateway }),
      changed: () => this.#record(),
    });
    const slot: Slot = { gateway, envoy, closeXds };
    this.#running.set(gateway, slot);
    this.#record();
    return slot;
  }

  async #close(opening: Promise<Slot>): Promise<void> {
    const slot = await opening;
    await slot.envoy.stop();
    await slot.closeXds();
    // A Gateway that came back meanwhile has another slot under its name.
    if (this.#running.get(slot.gateway) === slot) this.#running.delete(slot.gateway);
  }

  #record(): void {
    const owner = identify(process.pid);
    if (owner === undefined) return;
    const children: ProcessId[] = [];
    for (const { envoy } of this.#running.values()) {
      const state = envoy.state();
      const child = state.kind === 'Running' ? identify(state.pid) : undefined;
      if (child !== undefined) children.push(child);
    }
    writeRunRecord(this.#folder, { owner, children });
  }
}

/** The Envoys of one run, with their sockets in a folder that only this user can enter. */
export function createHost(options: HostOptions): Host {
  for (const { pid } of endStaleRuns(tmpdir(), prefix)) {
    options.log.warn({ pid }, 'ended an Envoy that an earlier run left behind');
  }
  return new LocalHost(options, mkdtempSync(join(tmpdir(), prefix)));
}
