import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../dist/src/cli/main.js');

/** `sallyport run` on a folder, as its users start it. */
export interface ControlPlane {
  readonly pid: number;
  /** CPU that the process has used, in milliseconds. */
  cpuMs(): number;
  /** Resident memory in MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
}

/** Milliseconds of CPU that a process has used, by the kernel's count of 10 ms ticks. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function residentMiBOf(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) / 1024;
}

async function serving(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('serving\n')) resolve();
    });
    child.once('close', (code) => reject(new Error(`the control plane ended with ${code}: ${said}`)));
  });
}

export async function startControlPlane(folder: string, adminPort: number): Promise<ControlPlane> {
  const args = ['run', folder, '--admin', `127.0.0.1:${adminPort}`, '--access-log', 'off', '--concurrency', '1'];
  const child = spawn(process.execPath, [main, ...args, '--log-format', 'text', '--drain-time', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await serving(child);
  const { pid } = child;
  if (pid === undefined) throw new Error('the control plane has no process');
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid,
    cpuMs: () => cpuMsOf(pid),
    residentMiB: () => residentMiBOf(pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
