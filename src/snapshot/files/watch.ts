import { existsSync, statSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Diagnostic, Position } from '../diagnostic.ts';
import type { ObjectRef } from '../object.ts';
import type { Change } from '../snapshot.ts';
import { createCatalog } from './catalog.ts';
import { isManifest, readTree } from './folder.ts';
import { loadPaths, refreshFile } from './load.ts';
import type { Validate } from './validation.ts';

/** How long a file must be quiet before what it no longer holds is let go, in milliseconds. */
const quietMs = 50;

export interface FileSourceOptions {
  readonly paths: readonly string[];
  readonly validate: Validate;
  /** Called at once for all that is there, then for each change. `changes` may be empty where only findings changed. */
  onChange(changes: readonly Change[]): void;
}

/** Files and folders, watched. */
export interface FileSource {
  diagnostics(): readonly Diagnostic[];
  locate(ref: ObjectRef, field?: string): Position | undefined;
  close(): void;
}

/**
 * Watches each folder by itself: one watch sees every file in it, however it is saved. Events only say where to look;
 * what counts is what is there then.
 */
export function createFileSource({ paths, validate, onChange }: FileSourceOptions): FileSource {
  const catalog = createCatalog(validate);
  const watchers = new Map<string, FSWatcher>();
  const settling = new Map<string, NodeJS.Timeout>();
  const singles = new Set(paths.filter((path) => existsSync(path) && !statSync(path).isDirectory()));

  function refresh(file: string): void {
    const changes = refreshFile(catalog, file);
    clearTimeout(settling.get(file));
    settling.set(
      file,
      setTimeout(() => {
        settling.delete(file);
        const gone = catalog.settle(file);
        if (gone.length > 0) onChange(gone);
      }, quietMs),
    );
    onChange(changes);
  }

  /** Looks at a folder anew: at what is there now and at what was there before. */
  function rescan(folder: string): void {
    const tree = existsSync(folder) ? readTree(folder) : { folders: [], files: [], broken: [] };
    for (const below of tree.folders) watchFolder(below);
    const inside = `${folder}/`;
    const known = [...catalog.files()].filter((file) => file.startsWith(inside));
    for (const file of new Set([...tree.files, ...tree.broken, ...known])) refresh(file);
    for (const watched of [...watchers.keys()]) {
      if ((watched === folder || watched.startsWith(inside)) && !existsSync(watched)) unwatch(watched);
    }
  }

  function unwatch(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  function notice(folder: string, name: string | null, onlySingles: boolean): void {
    // Without a name anything may have changed; a name with two dots is a mounted ConfigMap that was swapped as a whole.
    if (name === null || name.startsWith('..')) return rescan(folder);
    const path = join(folder, name);
    if (onlySingles) {
      if (singles.has(path)) refresh(path);
      return;
    }
    if (watchers.has(path) || (existsSync(path) && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)) {
      if (!basename(path).startsWith('.')) rescan(path);
    } else if (isManifest(path)) refresh(path);
    else rescanIfFolderIsGone(path);
  }

  function rescanIfFolderIsGone(path: string): void {
    if ([...catalog.files()].some((file) => file.startsWith(`${path}/`))) rescan(path);
  }

  function watchFolder(folder: string, onlySingles = false): void {
    if (watchers.has(folder)) return;
    const watcher = watch(folder, (_, name) => notice(folder, name, onlySingles));
    // A folder that goes away ends its watch; its parent's watch tells what became of it.
    watcher.on('error', () => unwatch(folder));
    watchers.set(folder, watcher);
  }

  // Watched first, read then: a change in between is seen twice rather than not at all.
  for (const path of paths) {
    if (!existsSync(path)) continue;
    if (singles.has(path)) continue;
    for (const folder of readTree(path).folders) watchFolder(folder);
  }
  for (const file of singles) watchFolder(dirname(file), true);
  onChange(loadPaths(catalog, paths).changes);

  return {
    diagnostics: () => catalog.diagnostics(),
    locate: (ref, field) => catalog.locate(ref, field),
    close() {
      for (const watcher of watchers.values()) watcher.close();
      for (const timer of settling.values()) clearTimeout(timer);
    },
  };
}
