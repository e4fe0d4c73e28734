import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compareStrings } from '../../lib/order.ts';
import { messageOf } from '../../lib/error.ts';

/** Files above this size are refused: no manifest is, and reading one would stop everything else for seconds. */
const maxFileBytes = 10 * 1024 * 1024;

/** What is at a path. */
export type FileContent =
  | { readonly kind: 'Text'; readonly text: string }
  | { readonly kind: 'Gone' }
  | { readonly kind: 'Unreadable'; readonly reason: string; readonly message: string };

export function isManifest(path: string): boolean {
  const name = basename(path);
  return /\.(ya?ml|json)$/.test(name) && !name.startsWith('.');
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { code, message: messageOf(error) };
}

/** Reads a manifest. A file that is there but can't be used says why. */
export function readManifest(file: string): FileContent {
  try {
    const { size } = statSync(file);
    if (size > maxFileBytes) {
      const mebibytes = (size / 2 ** 20).toFixed(1);
      const message = `The file has ${mebibytes} MiB; files above 10 MiB are not read. Split it.`;
      return { kind: 'Unreadable', reason: 'FileTooLarge', message };
    }
    return { kind: 'Text', text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    const { code, message } = describe(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'Gone' };
    if (code === 'ELOOP')
      return { kind: 'Unreadable', reason: 'SymlinkLoop', message: 'The symbolic link leads to itself.' };
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { kind: 'Unreadable', reason: 'NotUtf8', message: 'The file is not UTF-8 text. Save it as UTF-8.' };
    }
    return { kind: 'Unreadable', reason: 'FileNotReadable', message };
  }
}

/** The folders and manifests below a folder, it included. A folder that was met before, by whatever link, is left out. */
export interface Tree {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Links that lead to themselves or to nothing. */
  readonly broken: readonly string[];
}

export function readTree(root: string, seen: Set<string> = new Set()): Tree {
  const folders: string[] = [];
  const files: string[] = [];
  const broken: string[] = [];
  const visit = (folder: string) => {
    const names = namesIn(folder, seen);
    if (names === undefined) return;
    folders.push(folder);
    for (const name of names) {
      const path = join(folder, name);
      try {
        const isFolder = statSync(path).isDirectory();
        if (isFolder && !name.startsWith('.')) visit(path);
        else if (!isFolder && isManifest(path)) files.push(path);
      } catch {
        if (isManifest(path)) broken.push(path);
      }
    }
  };
  visit(root);
  return { folders, files, broken };
}

/** What is in a folder; undefined where it was met before or can't be listed. */
function namesIn(folder: string, seen: Set<string>): readonly string[] | undefined {
  try {
    const real = realpathSync(folder);
    if (seen.has(real)) return undefined;
    seen.add(real);
    return readdirSync(folder).sort(compareStrings);
  } catch {
    // It went away meanwhile, or may not be read: the watch of the folder above tells when that changes.
    return undefined;
  }
}
