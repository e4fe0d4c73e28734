import { compareStrings } from '../../lib/order.ts';
import type { Diagnostic, Position } from '../diagnostic.ts';
import { describeRef, objectKey, refOf, type AnyObject, type ObjectKey, type ObjectRef } from '../object.ts';
import type { Change } from '../snapshot.ts';
import { locateField } from './document.ts';
import { brokenKeysOf, diagnoseFile, isMalformed, objectsOf, parseFile, type ParsedFile } from './file.ts';
import type { Validate } from './validation.ts';

/** What one file gives: its own objects, and those it gave before and may not have meant to take away. */
interface Entry {
  readonly parsed: ParsedFile | undefined;
  readonly objects: ReadonlyMap<ObjectKey, AnyObject>;
  /** Objects that the file no longer holds, or holds in a broken version, and that still serve. */
  readonly kept: ReadonlyMap<ObjectKey, AnyObject>;
  /** Why the file itself could not be read. */
  readonly unreadable: Diagnostic | undefined;
}

const nothing: Entry = { parsed: undefined, objects: new Map(), kept: new Map(), unreadable: undefined };

/**
 * All files and the objects they give. What a file adds or changes counts at once. What it no longer holds is kept
 * until `settle`, which the watcher calls when the file has been quiet for a while: an editor may be half through.
 */
export interface Catalog {
  /** Takes the text of a file in; undefined: the file is gone. Returns what changed. */
  put(file: string, text: string | undefined): readonly Change[];
  /** A file that is there but can't be read: what it gave goes on serving. */
  refuse(file: string, reason: string, message: string): void;
  /** Lets go of what the file no longer holds, if it parses. */
  settle(file: string): readonly Change[];
  files(): Iterable<string>;
  diagnostics(): readonly Diagnostic[];
  /** Where an object, or a field of it, stands. */
  locate(ref: ObjectRef, field?: string): Position | undefined;
}

export function createCatalog(validate: Validate): Catalog {
  const entries = new Map<string, Entry>();
  /** The files that give an object: of several the first by name counts. */
  const givers = new Map<ObjectKey, Set<string>>();
  const serving = new Map<ObjectKey, AnyObject>();

  function given(file: string, key: ObjectKey): AnyObject | undefined {
    const entry = entries.get(file);
    return entry?.objects.get(key) ?? entry?.kept.get(key);
  }

  function winnerOf(key: ObjectKey): string | undefined {
    const files = givers.get(key);
    if (files === undefined) return undefined;
    let winner: string | undefined;
    for (const file of files) if (winner === undefined || compareStrings(file, winner) < 0) winner = file;
    return winner;
  }

  function refresh(keys: Iterable<ObjectKey>): readonly Change[] {
    const changes: Change[] = [];
    for (const key of new Set(keys)) {
      const winner = winnerOf(key);
      const object = winner === undefined ? undefined : given(winner, key);
      const before = serving.get(key);
      if (object === before) continue;
      if (object !== undefined) {
        serving.set(key, object);
        changes.push({ kind: 'put', object });
      } else if (before !== undefined) {
        serving.delete(key);
        changes.push({ kind: 'remove', ref: refOf(before) });
      }
    }
    return changes;
  }

  function replace(file: string, entry: Entry): readonly Change[] {
    const before = entries.get(file) ?? nothing;
    const touched = [...before.objects.keys(), ...before.kept.keys(), ...entry.objects.keys(), ...entry.kept.keys()];
    if (entry === nothing) entries.delete(file);
    else entries.set(file, entry);
    for (const key of touched) {
      const files = givers.get(key) ?? new Set();
      if (given(file, key) === undefined) files.delete(file);
      else files.add(file);
      if (files.size === 0) givers.delete(key);
      else givers.set(key, files);
    }
    return refresh(touched);
  }

  function duplicates(): readonly Diagnostic[] {
    const diagnostics: Diagnostic[] = [];
    for (const [key, files] of givers) {
      if (files.size < 2) continue;
      const winner = winnerOf(key);
      for (const file of [...files].sort(compareStrings)) {
        const object = given(file, key);
        if (file === winner || object === undefined) continue;
        const ref = refOf(object);
        const message = `${describeRef(ref)} is in ${winner} too, which goes first by name: this one is not used.`;
        const position = locateIn(file, ref) ?? { file, line: 1, column: 1 };
        diagnostics.push({ severity: 'error', reason: 'DuplicateObject', message, object: ref, position });
      }
    }
    return diagnostics;
  }

  function locateIn(file: string, ref: ObjectRef, field?: string): Position | undefined {
    const key = objectKey(ref);
    const document = entries.get(file)?.parsed?.documents.find((candidate) =>
      candidate.validations.some((validation) => {
        if (validation.kind === 'Object') return objectKey(refOf(validation.object)) === key;
        return validation.kind === 'Invalid' && validation.ref !== undefined && objectKey(validation.ref) === key;
      }),
    );
    return document === undefined ? undefined : locateField(file, document, field);
  }

  return {
    put(file, text) {
      const before = entries.get(file) ?? nothing;
      if (text === undefined) {
        const kept = new Map([...before.kept, ...before.objects]);
        return kept.size === 0 ? replace(file, nothing) : replace(file, { ...nothing, kept });
      }
      const parsed = parseFile(file, text, validate, before.parsed);
      const objects = objectsOf(parsed);
      const kept = new Map([...before.kept, ...before.objects].filter(([key]) => !objects.has(key)));
      return replace(file, { parsed, objects, kept, unreadable: undefined });
    },
    refuse(file, reason, message) {
      const before = entries.get(file) ?? nothing;
      const position = { file, line: 1, column: 1 };
      entries.set(file, { ...before, unreadable: { severity: 'error', reason, message, position } });
    },
    settle(file) {
      const entry = entries.get(file);
      if (entry === undefined || entry.unreadable !== undefined) return [];
      if (entry.parsed === undefined) return replace(file, nothing);
      if (entry.kept.size === 0 || isMalformed(entry.parsed)) return [];
      const broken = brokenKeysOf(entry.parsed);
      return replace(file, { ...entry, kept: new Map([...entry.kept].filter(([key]) => broken.has(key))) });
    },
    files: () => entries.keys(),
    diagnostics() {
      const own = [...entries]
        .sort(([a], [b]) => compareStrings(a, b))
        .flatMap(([, { parsed, unreadable }]) => [
          ...(unreadable === undefined ? [] : [unreadable]),
          ...(parsed === undefined ? [] : diagnoseFile(parsed)),
        ]);
      return [...own, ...duplicates()];
    },
    locate(ref, field) {
      const winner = winnerOf(objectKey(ref));
      if (winner !== undefined) return locateIn(winner, ref, field);
      for (const file of entries.keys()) {
        const position = locateIn(file, ref, field);
        if (position !== undefined) return position;
      }
      return undefined;
    },
  };
}
