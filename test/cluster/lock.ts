import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Instance } from './instance.ts';
import { currentProcess, isRunning } from './process.ts';
import { waitFor } from './run.ts';

/** Lets one process at a time start or end an instance. A lock whose owner is gone is taken over. */
export async function withLock<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
  const lock = `${instance.folder}.lock`;
  await waitFor(`the lock ${lock}, which another process has`, 1800, () => tryLock(lock) || undefined);
  const release = () => rmSync(lock, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function tryLock(lock: string): boolean {
  const owner = readOwner(lock);
  if (owner !== undefined && !isRunning(owner)) rmSync(lock, { force: true });
  // The file appears with its content, by a link, so that nobody reads half of it.
  const { pid, startTime } = currentProcess();
  const draft = `${lock}.${pid}`;
  writeFileSync(draft, `${pid} ${startTime}`);
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function readOwner(lock: string) {
  try {
    const [pid = '', startTime = ''] = readFileSync(lock, 'utf8').split(' ');
    return { pid: Number(pid), startTime };
  } catch {
    return undefined;
  }
}
