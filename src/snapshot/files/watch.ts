import { existsSync, realpathSync, statSync, watch, type FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnostic, Position } from '../diagnostic.ts';
import type { ObjectRef } from '../object.ts';
import type { Change } from '../snapshot.ts';
import { createCatalog, type Catalog } from './catalog.ts';
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

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Gone, out of reach, or a link that leads to itself: no folder that could be watched.
    return false;
  }
}

function realPathOf(path: string): readonly string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

class FolderWatch implements FileSource {
  readonly #catalog: Catalog;
  readonly #onChange: (changes: readonly Change[]) => void;
  readonly #singles: ReadonlySet<string>;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #settling = new Map<string, NodeJS.Timeout>();

  constructor(options: FileSourceOptions) {
    this.#catalog = createCatalog(options.validate);
    this.#onChange = (changes) => options.onChange(changes);
    const paths = options.paths.filter((path) => existsSync(path));
    this.#singles = new Set(paths.filter((path) => !isFolder(path)));
    // Watched first, read then: a change in between is seen twice rather than not at all.
    for (const path of paths.filter(isFolder)) for (const folder of readTree(path).folders) this.#watch(folder, false);
    for (const file of this.#singles) this.#watch(dirname(file), true);
    this.#onChange(loadPaths(this.#catalog, paths).changes);
  }

  diagnostics(): readonly Diagnostic[] {
    return this.#catalog.diagnostics();
  }

  locate(ref: ObjectRef, field?: string): Position | undefined {
    return this.#catalog.locate(ref, field);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    for (const timer of this.#settling.values()) clearTimeout(timer);
  }

  #refresh(file: string): void {
    const changes = refreshFile(this.#catalog, file);
    clearTimeout(this.#settling.get(file));
    this.#settling.set(
      file,
      setTimeout(() => this.#settle(file), quietMs),
    );
    this.#onChange(changes);
  }

  #settle(file: string): void {
    this.#settling.delete(file);
    const gone = this.#catalog.settle(file);
    if (gone.length > 0) this.#onChange(gone);
  }

  #knownBelow(folder: string): readonly string[] {
    return [...this.#catalog.files()].filter((file) => file.startsWith(`${folder}/`));
  }

  /** Looks at a folder anew: at what is there now and at what was there before. */
  #rescan(folder: string): void {
    const isBelow = (path: string) => path === folder || path.startsWith(`${folder}/`);
    // A link to a folder that is watched already leads to nothing new.
    const elsewhere = [...this.#watchers.keys()].filter((path) => !isBelow(path)).flatMap(realPathOf);
    const tree = isFolder(folder) ? readTree(folder, new Set(elsewhere)) : { folders: [], files: [], broken: [] };
    for (const below of tree.folders) this.#watch(below, false);
    for (const file of new Set([...tree.files, ...tree.broken, ...this.#knownBelow(folder)])) this.#refresh(file);
    for (const watched of this.#watchers.keys()) {
      if (isBelow(watched) && !existsSync(watched)) this.#unwatch(watched);
    }
  }

  #notice(folder: string, name: string | null, onlySingles: boolean): void {
    // Without a name anything may have changed; a name with two dots is a mounted ConfigMap that was swapped as a whole.
    if (name === null || name.startsWith('..')) {
      if (onlySingles) for (const file of this.#singles) this.#refresh(file);
      else this.#rescan(folder);
      return;
    }
    // Editors' own files: what counts is moved or written to the manifest itself.
    if (name.startsWith('.')) return;
    const path = join(folder, name);
    if (onlySingles) {
      if (this.#singles.has(path)) this.#refresh(path);
    } else if (this.#watchers.has(path) || isFolder(path)) this.#rescan(path);
    else if (isManifest(path)) this.#refresh(path);
    // What went away without being a manifest may have been a link to a folder.
    else if (this.#knownBelow(path).length > 0) this.#rescan(path);
  }

  #watch(folder: string, onlySingles: boolean): void {
    if (this.#watchers.has(folder)) return;
    const watcher = watch(folder, (_, name) => this.#notice(folder, name, onlySingles));
    // A folder that goes away ends its watch; its parent's watch tells what became of it.
    watcher.on('error', () => this.#unwatch(folder));
    this.#watchers.set(folder, watcher);
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}

/**
 * Watches each folder by itself: one watch sees every file in it, however it is saved. Events only say where to look;
 * what counts is what is there then.
 */
export function createFileSource(options: FileSourceOptions): FileSource {
  return new FolderWatch(options);
}
