import type { Diagnostic, Position } from '../diagnostic.ts';
import type { ObjectRef } from '../object.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../snapshot.ts';
import { createCatalog } from './catalog.ts';
import { checkPaths, loadPaths } from './load.ts';
import type { Validate } from './validation.ts';

/** What files and folders hold, read once. */
export interface LoadedFiles {
  readonly snapshot: Snapshot;
  /** Sorted by file and place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where an object, or a field of it, stands. */
  locate(ref: ObjectRef, field?: string): Position | undefined;
}

/** Reads files and folders once, for commands that do not watch. */
export function loadFiles(paths: readonly string[], validate: Validate): LoadedFiles {
  const catalog = createCatalog(validate);
  const { changes } = loadPaths(catalog, paths);
  return {
    snapshot: applyChanges(emptySnapshot, changes),
    diagnostics: [...checkPaths(paths), ...catalog.diagnostics()],
    locate: (ref, field) => catalog.locate(ref, field),
  };
}
