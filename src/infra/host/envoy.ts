import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { buildBootstrap } from '../bootstrap/bootstrap.ts';
import { askAdmin } from './admin-client.ts';
import { drainEnvoy } from './drain.ts';
import { createLineReader, envoyLogFormat, mergeEnvoyLine } from './envoy-log.ts';

export interface EnvoyOptions {
  readonly binary: string;
  /** Shown in logs and dumps. */
  readonly name: string;
  /** A folder of its own, for its sockets and its bootstrap file. */
  readonly folder: string;
  readonly xdsSocket: string;
  readonly concurrency: number;
  readonly maxConnections: number;
  readonly maxHeapBytes: number;
  /** Milliseconds that open connections are given when it is stopped. */
  readonly drainMs: number;
  readonly log: Logger;
  /** A line of the access log. */
  accessLog(line: string): void;
  /** A process was started or has ended. */
  changed(): void;
}

export type EnvoyState =
  | { readonly kind: 'Running'; readonly pid: number; readonly restarts: number }
  | { readonly kind: 'Restarting'; readonly restarts: number; readonly inMs: number }
  | { readonly kind: 'Stopped'; readonly restarts: number };

/** One Envoy process that is started again when it dies. */
export interface Envoy {
  readonly adminSocket: string;
  state(): EnvoyState;
  /** Whether Envoy itself says that it serves. */
  isReady(): Promise<boolean>;
  /** Lets open connections end, then ends the process. */
  stop(): Promise<void>;
}

/** An Envoy that dies young is waited for longer each time; one that lived a while starts anew. */
const backoff = { firstMs: 100, longestMs: 5_000, calmMs: 30_000 };

function processArguments(options: EnvoyOptions, file: string): readonly string[] {
  return [
    ...['-c', file],
    ...['--concurrency', String(options.concurrency)],
    ...['--log-format', envoyLogFormat],
    ...['--log-level', 'info'],
    ...['--drain-time-s', String(Math.max(1, Math.ceil(options.drainMs / 1000)))],
    // The access log is for people who watch it.
    ...['--file-flush-interval-msec', '200'],
    '--disable-hot-restart',
  ];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}

export function createEnvoy(options: EnvoyOptions): Envoy {
  const { log } = options;
  const adminSocket = join(options.folder, 'admin.sock');
  const file = join(options.folder, 'bootstrap.json');
  const { xdsSocket, maxConnections, maxHeapBytes } = options;
  const discovery = { kind: 'Socket', path: xdsSocket } as const;
  const bootstrap = buildBootstrap({ node: options.name, discovery, adminSocket, maxConnections, maxHeapBytes });
  writeFileSync(file, JSON.stringify(bootstrap), { mode: 0o600 });
  let child: ChildProcess;
  let state: EnvoyState = { kind: 'Stopped', restarts: 0 };
  let failures = 0;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  function start(restarts: number): void {
    const started = performance.now();
    child = spawn(options.binary, [...processArguments(options, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdout?.on(
      'data',
      createLineReader((line) => options.accessLog(line)),
    );
    child.stderr?.on(
      'data',
      createLineReader((line) => mergeEnvoyLine(log, line)),
    );
    child.once('error', (error) => log.error({ reason: error.message }, 'Envoy can not be started'));
    child.once('close', (code, signal) => {
      if (stopping) return;
      failures = performance.now() - started > backoff.calmMs ? 1 : failures + 1;
      const inMs = Math.min(backoff.longestMs, backoff.firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
      log.error({ code, signal, inMs: Math.round(inMs) }, 'Envoy has ended and is started again');
      state = { kind: 'Restarting', restarts: restarts + 1, inMs };
      timer = setTimeout(() => start(restarts + 1), inMs);
      options.changed();
    });
    if (child.pid !== undefined) state = { kind: 'Running', pid: child.pid, restarts };
    options.changed();
  }
  start(0);

  return {
    adminSocket,
    state: () => state,
    isReady: async () => (await askAdmin(adminSocket, 'GET', '/ready')).status === 200,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await drainEnvoy(adminSocket, options.drainMs);
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended(child);
      clearTimeout(killer);
      state = { kind: 'Stopped', restarts: state.restarts };
      options.changed();
    },
  };
}
