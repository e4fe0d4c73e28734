import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheFolder } from '../../src/infra/host/envoy-binary.ts';
import { tell } from './run.ts';

/** The repository's folder. */
export const root = resolve(import.meta.dirname, '../..');

export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  // The length before each part keeps ["ab", "c"] and ["a", "bc"] apart.
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}

/** The names and contents of what a Go module is built from. */
export function hashOfModule(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && /\.(go|mod|sum)$/.test(entry.name));
  const files = sources.map((entry) => join(entry.parentPath, entry.name));
  return hashOf(...files.toSorted().flatMap((file) => [relative(folder, file), readFileSync(file)]));
}

/**
 * A file of the cache that is made once for each hash of what it is made from. It appears in one step, so that runs
 * side by side never see half of it.
 */
export async function cached(name: string, hash: string, make: (path: string) => Promise<void>): Promise<string> {
  const builds = join(cacheFolder(process.env), 'cluster');
  const target = join(builds, `${name}-${hash}`, name);
  if (existsSync(target)) {
    markUsed(dirname(target));
    return target;
  }
  const began = Date.now();
  tell(`making ${name} ...`);
  mkdirSync(builds, { recursive: true });
  removeUnused(builds);
  const folder = mkdtempSync(join(builds, 'new-'));
  try {
    await make(join(folder, name));
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(folder, name), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  tell(`making ${name}: done in ${((Date.now() - began) / 1000).toFixed(0)} s`);
  return target;
}

function markUsed(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

/** Images are quickly made again and there is one of 150 MB for every change; the rest is kept for a month. */
function removeUnused(builds: string): void {
  for (const name of readdirSync(builds)) {
    const folder = join(builds, name);
    const hours = /\.tar-/.test(name) ? 1 : 24 * 30;
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - used > hours * 3_600_000) rmSync(folder, { recursive: true, force: true });
  }
}
