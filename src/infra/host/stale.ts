import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process by its id and when it was started, so that another one with a reused id is never taken for it. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: string;
}

const recordName = 'processes.json';

/** When a process was started, in the kernel's ticks; undefined for one that is not there. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; field 22 counts from behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

export function identify(pid: number): ProcessId | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

function isAlive({ pid, startTime }: ProcessId): boolean {
  return startTimeOf(pid) === startTime;
}

interface RunRecord {
  readonly owner: ProcessId;
  readonly children: readonly ProcessId[];
}

/** Notes which processes belong to a run, for the case that the run itself is killed. */
export function writeRunRecord(folder: string, record: RunRecord): void {
  writeFileSync(join(folder, recordName), JSON.stringify(record), { mode: 0o600 });
}

function readRunRecord(folder: string): RunRecord | undefined {
  try {
    // Written by `writeRunRecord` only, in a folder that is closed to others.
    return JSON.parse(readFileSync(join(folder, recordName), 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

/** Ends what runs that were killed have left behind, and removes their folders. */
export function endStaleRuns(root: string, prefix: string): readonly ProcessId[] {
  const killed: ProcessId[] = [];
  for (const name of readdirSync(root)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(root, name);
    const record = readRunRecord(folder);
    if (record === undefined || isAlive(record.owner)) continue;
    for (const child of record.children.filter(isAlive)) {
      process.kill(child.pid, 'SIGKILL');
      killed.push(child);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return killed;
}
