import { existsSync } from 'node:fs';
import { createPipeline, type PipelineResult } from '../control/pipeline.ts';
import { diagnoseTranslation, withPositions, type Finding } from '../control/findings.ts';
import { loadFiles } from '../snapshot/files/index.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { createValidator } from '../snapshot/validate/validator.ts';
import { standaloneOptions } from '../translate/options.ts';
import { debianOptions } from '../xds/options.ts';

/** A command line that can't be carried out: one line for the user, exit code 2. */
export class UsageError extends Error {}

/** Fails where a path is not there, so that a slip of the pen is not taken for an empty configuration. */
export function requirePaths(paths: readonly string[]): void {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new UsageError(`there is no file or folder ${missing.join(', ')}`);
}

/** What manifests come to, and all that is to be said of them. */
export interface Loaded {
  readonly snapshot: Snapshot;
  readonly result: PipelineResult;
  readonly findings: readonly Finding[];
  /** The objects that the command is about, where they are not all of `snapshot`. */
  readonly about?: Snapshot;
}

/** Reads, validates and translates manifests once. */
export function load(paths: readonly string[], now: Date): Loaded {
  requirePaths(paths);
  const files = loadFiles(paths, createValidator());
  const result = createPipeline(standaloneOptions, debianOptions).run(files.snapshot, new Map());
  const all = [...files.diagnostics, ...diagnoseTranslation(result.translation, now)];
  return {
    snapshot: files.snapshot,
    result,
    findings: withPositions(all, (ref, field) => files.locate(ref, field)),
  };
}

/** Runs a command; what the user got wrong is one line and exit code 2. */
export async function withUsage(command: () => Promise<number> | number): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`sallyport: ${error.message}\n`);
    process.exitCode = 2;
  }
}
