import { loadavg } from 'node:os';
import type { TrafficReport } from '../../test/load/traffic.ts';
import { percentile } from '../probe.ts';

export const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const mib = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(0)} MiB`);
export const median = (values: readonly number[]) => percentile(values, 0.5);

export interface Failed {
  /** Refused, cut, or answered by something else than the backend. */
  readonly failed: number;
  /** Nothing but slow: no answer within a second, as it is where everything waits for a core. */
  readonly late: number;
}

/** Counts what went wrong, and prints the first few. */
export function countFailed({ failures }: TrafficReport): Failed {
  const failed = failures.filter(({ late }) => !late);
  for (const { kind, host, problem } of failed.slice(0, 5)) console.log(`${kind} to ${host}: ${problem}`);
  return { failed: failed.length, late: failures.length - failed.length };
}

/** How many processes wanted a core in the last minute: figures of a busy machine are inflated by it. */
export const load = () => (loadavg()[0] ?? 0).toFixed(1);
