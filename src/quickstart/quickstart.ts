import { relative } from 'node:path';
import { err, ok, type Result } from '../lib/result.ts';
import { demonstrations } from './demonstration.ts';
import { findTakenPort, startExampleServers } from './example-servers.ts';
import { renderDemonstrations, type Screen } from './screen.ts';
import { readServerPlan } from './server-plan.ts';

/** Sallyport, running on the example's folder. */
interface RunningExample {
  /** Settles when every Gateway serves. */
  readonly ready: Promise<void>;
  /** Drains and stops all that was started. */
  readonly stop: () => Promise<void>;
}

export interface QuickstartOptions {
  /** The folder with the example. */
  readonly folder: string;
  /** Where the example's Gateways listen. */
  readonly bindAddress: string;
  readonly run: () => Promise<RunningExample>;
  readonly screen: Screen;
  /** Ends the quickstart, as by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds; for the time that the start took. */
  readonly now: () => number;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function runExample(options: QuickstartOptions, began: number): Promise<void> {
  const { folder, screen, signal } = options;
  const running = await options.run();
  try {
    const stopped = aborted(signal);
    await Promise.race([running.ready, stopped]);
    if (signal.aborted) return;
    const shown = relative(process.cwd(), folder) || '.';
    screen.write(renderDemonstrations(demonstrations(shown), shown, options.now() - began, screen.colours));
    await stopped;
  } finally {
    await running.stop();
  }
}

/**
 * Starts the example's servers and Sallyport, shows what to try, and waits for the signal. The error is one line
 * that says what is wrong with this machine. Whatever happens, what was started is stopped again.
 */
export async function runQuickstart(options: QuickstartOptions): Promise<Result<undefined, string>> {
  const began = options.now();
  const plan = readServerPlan(options.folder);
  const taken = await findTakenPort(options.bindAddress, plan.gatewayPorts);
  if (taken !== undefined) return err(taken);
  const servers = await startExampleServers(plan.servers);
  if (!servers.ok) return servers;
  try {
    await runExample(options, began);
    return ok(undefined);
  } finally {
    await servers.value.stop();
  }
}
