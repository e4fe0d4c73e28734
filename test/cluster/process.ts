import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { ClusterError } from './run.ts';

/** A process that can't be taken for a later one with the same id. */
export interface Started {
  readonly pid: number;
  /** In ticks since the machine's start, as in /proc. */
  readonly startTime: string;
}

/** Starts a process that outlives this one, with its output at the end of the log. */
export function spawnDetached(command: readonly string[], log: string): Started {
  const [file = '', ...args] = command;
  const output = openSync(log, 'a');
  const child = spawn(file, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new ClusterError(`${file} can't be started`);
  return { pid: child.pid, startTime: statOf(child.pid)?.startTime ?? '' };
}

export function currentProcess(): Started {
  return { pid: process.pid, startTime: statOf(process.pid)?.startTime ?? '' };
}

export function isRunning(process: Started): boolean {
  const stat = statOf(process.pid);
  return stat !== undefined && stat.startTime === process.startTime && stat.state !== 'Z';
}

function statOf(pid: number): { readonly state: string; readonly startTime: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the last parenthesis may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
