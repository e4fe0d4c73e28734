import { createWriteStream } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { createRun, type Run } from '../../control/run.ts';
import { findEnvoyBinary } from '../../infra/host/envoy-binary.ts';
import { createValidator } from '../../snapshot/validate/validator.ts';
import { standaloneOptions } from '../../translate/options.ts';
import { debianOptions } from '../../xds/options.ts';
import { requirePaths, UsageError, withUsage } from '../load.ts';
import { createLog, type LogFormat } from '../log.ts';
import { aborted, stopSignal } from '../stop-signal.ts';
import { tellFinding } from '../tell-finding.ts';

/** What `sallyport run` can be told. */
export interface RunCommandOptions {
  readonly admin: string;
  readonly bindAddress: string;
  readonly portOffset: number;
  readonly concurrency: number;
  readonly maxConnections: number;
  readonly drainTime: number;
  readonly accessLog: string;
  readonly logLevel: string;
  readonly logFormat?: LogFormat;
}

export const runDefaults: RunCommandOptions = {
  admin: '127.0.0.1:9901',
  bindAddress: '127.0.0.1',
  portOffset: 0,
  concurrency: 2,
  maxConnections: 50_000,
  drainTime: 10,
  accessLog: 'stdout',
  logLevel: 'info',
};

function parseAdmin(text: string): { readonly address: string; readonly port: number } | undefined {
  if (text === 'off') return undefined;
  const [, address, port] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (address === undefined || port === undefined || Number(port) > 65_535) {
    throw new UsageError(`--admin takes ADDRESS:PORT or "off", not "${text}"`);
  }
  if (!/^(127(\.\d+){3}|localhost|\[::1\])$/.test(address)) {
    throw new UsageError(`--admin shows the whole configuration, so it binds loopback addresses only, not ${address}`);
  }
  return { address: address.replace(/[[\]]/g, ''), port: Number(port) };
}

function accessLogTo(where: string): (line: string) => void {
  switch (where) {
    case 'off':
      return () => {};
    case 'stdout':
      return (line) => process.stdout.write(`${line}\n`);
    default: {
      const stream = createWriteStream(where, { flags: 'a', mode: 0o640 });
      return (line) => stream.write(`${line}\n`);
    }
  }
}

/** Starts what `sallyport run` runs; the quickstart does too. */
export async function startRun(paths: readonly string[], options: RunCommandOptions): Promise<Run> {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new UsageError(binary.error);
  const log = createLog(options.logLevel, options.logFormat);
  const admin = parseAdmin(options.admin);
  try {
    return await createRun({
      paths,
      validate: createValidator(),
      envoyBinary: binary.value,
      translate: { ...standaloneOptions, bindAddress: options.bindAddress, portOffset: options.portOffset },
      xds: debianOptions,
      concurrency: options.concurrency,
      maxConnections: options.maxConnections,
      maxHeapBytes: 2 ** 30,
      drainMs: options.drainTime * 1000,
      log,
      accessLog: accessLogTo(options.accessLog),
      found: tellFinding(options.logFormat, log),
      ...(admin === undefined ? {} : { admin }),
    });
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!taken) throw error;
    throw new UsageError(`${options.admin}, the admin port, is taken by another program; choose another with --admin`);
  }
}

function summarize(run: Run): string {
  const { translation } = run.standalone.state() ?? { translation: { ir: { gateways: [] } } };
  const lines = translation.ir.gateways.flatMap((gateway) =>
    gateway.listeners.map(
      ({ bind, kind }) => `  ${gateway.name}  ${kind.toLowerCase()} on ${bind.address}:${bind.port}`,
    ),
  );
  const admin = run.admin === undefined ? [] : [`  admin  http://${run.admin.address}:${run.admin.port}/`];
  return ['serving', ...lines, ...admin].join('\n');
}

/**
 * Reading thousands of manifests makes a lot that is garbage at once; with the young generation at its first size the
 * process stays a third smaller for as long as it lives, and each turn is as quick.
 */
function limitYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** `sallyport run`: serves until it is told to stop. Bad input is told and waited out, never a reason to end. */
export function run(paths: readonly string[], options: RunCommandOptions): Promise<void> {
  return withUsage(async () => {
    requirePaths(paths);
    limitYoungGeneration();
    const signal = stopSignal();
    const running = await startRun(paths, options);
    await Promise.race([running.ready, aborted(signal)]);
    if (!signal.aborted) {
      process.stderr.write(`${summarize(running)}\n`);
    }
    await aborted(signal);
    process.stderr.write('stopping: open requests may end\n');
    await running.stop();
    return 0;
  });
}
