import { existsSync, statSync } from 'node:fs';
import type { Diagnostic } from '../diagnostic.ts';
import type { Change } from '../snapshot.ts';
import type { Catalog } from './catalog.ts';
import { readManifest, readTree } from './folder.ts';

/** Brings the catalog up to what one file holds now. */
export function refreshFile(catalog: Catalog, file: string): readonly Change[] {
  const content = readManifest(file);
  switch (content.kind) {
    case 'Text':
      return catalog.put(file, content.text);
    case 'Gone':
      return catalog.put(file, undefined);
    case 'Unreadable':
      catalog.refuse(file, content.reason, content.message);
      return [];
  }
}

/** What is wrong with the paths that a command was given. */
export function checkPaths(paths: readonly string[]): readonly Diagnostic[] {
  return paths
    .filter((path) => !existsSync(path))
    .map((path) => ({ severity: 'error', reason: 'NotFound', message: `There is no file or folder ${path}.` }));
}

export interface LoadedPaths {
  readonly changes: readonly Change[];
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Reads files and folders into the catalog. */
export function loadPaths(catalog: Catalog, paths: readonly string[]): LoadedPaths {
  const changes: Change[] = [];
  const folders: string[] = [];
  const files: string[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const tree = statSync(path).isDirectory() ? readTree(path, seen) : { folders: [], files: [path], broken: [] };
    folders.push(...tree.folders);
    files.push(...tree.files);
    for (const file of [...tree.files, ...tree.broken]) changes.push(...refreshFile(catalog, file));
  }
  return { changes, folders, files };
}
