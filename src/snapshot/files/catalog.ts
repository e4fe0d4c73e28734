import { compareStrings } from '../../lib/order.ts';
import type { Diagnostic, Position } from '../diagnostic.ts';
import { describeRef, objectKey, refOf, type AnyObject, type ObjectKey, type ObjectRef } from '../object.ts';
import type { Change } from '../snapshot.ts';
import {
  brokenKeysOf,
  diagnoseFile,
  documentsByText,
  hasFindings,
  isMalformed,
  locateIn,
  objectsOf,
  parseFile,
  standInsOf,
  type KnownDocuments,
  type ParsedFile,
} from './file.ts';
import type { Validate } from './validation.ts';

/** What one file gives: its own objects, and those it gave before and may not have meant to take away. */
interface Entry {
  readonly parsed: ParsedFile | undefined;
  readonly objects: ReadonlyMap<ObjectKey, AnyObject>;
  /** Objects that the file no longer holds, or holds in a broken version, and that still serve. */
  readonly kept: ReadonlyMap<ObjectKey, AnyObject>;
  /** Served in place of objects of which it holds, or did until it settles, a broken version and nobody a good one. */
  readonly standIns: ReadonlyMap<ObjectKey, AnyObject>;
  /** Documents that it held since it last settled: many programs empty a file before they write it anew. */
  readonly known: KnownDocuments;
  /** Why the file itself could not be read. */
  readonly unreadable: Diagnostic | undefined;
}

const nothing: Entry = {
  parsed: undefined,
  objects: new Map(),
  kept: new Map(),
  standIns: new Map(),
  known: new Map(),
  unreadable: undefined,
};

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

class FileCatalog implements Catalog {
  readonly #validate: Validate;
  readonly #entries = new Map<string, Entry>();
  /** The files that give an object: of several the first by name counts. */
  readonly #givers = new Map<ObjectKey, Set<string>>();
  readonly #serving = new Map<ObjectKey, AnyObject>();
  /** Files with something to say, and objects that several files give: thousands of others are not asked. */
  readonly #findings = new Set<string>();
  readonly #contested = new Set<ObjectKey>();
  readonly #withStandIns = new Set<string>();

  constructor(validate: Validate) {
    this.#validate = validate;
  }

  put(file: string, text: string | undefined): readonly Change[] {
    const before = this.#entries.get(file) ?? nothing;
    if (text === undefined) {
      const kept = new Map([...before.kept, ...before.objects]);
      const { standIns, known } = before;
      return this.#replace(file, kept.size + standIns.size === 0 ? nothing : { ...nothing, kept, standIns, known });
    }
    const parsed = parseFile(file, text, this.#validate, before.known);
    const objects = objectsOf(parsed);
    const kept = new Map([...before.kept, ...before.objects].filter(([key]) => !objects.has(key)));
    const known = new Map([...before.known, ...documentsByText(parsed)]);
    const standIns = new Map([...before.standIns, ...standInsOf(parsed)]);
    return this.#replace(file, { parsed, objects, kept, standIns, known, unreadable: undefined });
  }

  refuse(file: string, reason: string, message: string): void {
    const before = this.#entries.get(file) ?? nothing;
    const position = { file, line: 1, column: 1 };
    this.#entries.set(file, { ...before, unreadable: { severity: 'error', reason, message, position } });
    this.#findings.add(file);
  }

  settle(file: string): readonly Change[] {
    const entry = this.#entries.get(file);
    if (entry === undefined || entry.unreadable !== undefined) return [];
    if (entry.parsed === undefined) return this.#replace(file, nothing);
    if (isMalformed(entry.parsed)) return [];
    const settled = { ...entry, standIns: standInsOf(entry.parsed), known: documentsByText(entry.parsed) };
    if (entry.kept.size + entry.standIns.size === 0) {
      this.#entries.set(file, settled);
      return [];
    }
    const broken = brokenKeysOf(entry.parsed);
    return this.#replace(file, { ...settled, kept: new Map([...entry.kept].filter(([key]) => broken.has(key))) });
  }

  files(): Iterable<string> {
    return this.#entries.keys();
  }

  diagnostics(): readonly Diagnostic[] {
    const own = [...this.#findings].sort(compareStrings).flatMap((file) => {
      const { parsed, unreadable } = this.#entries.get(file) ?? nothing;
      return [...(unreadable === undefined ? [] : [unreadable]), ...(parsed === undefined ? [] : diagnoseFile(parsed))];
    });
    return [...own, ...this.#duplicates()];
  }

  locate(ref: ObjectRef, field?: string): Position | undefined {
    const winner = this.#winnerOf(objectKey(ref));
    if (winner !== undefined) return this.#locateIn(winner, ref, field);
    for (const file of this.#entries.keys()) {
      const position = this.#locateIn(file, ref, field);
      if (position !== undefined) return position;
    }
    return undefined;
  }

  #given(file: string, key: ObjectKey): AnyObject | undefined {
    const entry = this.#entries.get(file);
    return entry?.objects.get(key) ?? entry?.kept.get(key);
  }

  #winnerOf(key: ObjectKey): string | undefined {
    let winner: string | undefined;
    for (const file of this.#givers.get(key) ?? []) {
      if (winner === undefined || compareStrings(file, winner) < 0) winner = file;
    }
    return winner;
  }

  #standInFor(key: ObjectKey): AnyObject | undefined {
    const files = [...this.#withStandIns].sort(compareStrings);
    return files.map((file) => this.#entries.get(file)?.standIns.get(key)).find((standIn) => standIn !== undefined);
  }

  /** What changed for these objects, now that other files give them. */
  #refresh(keys: Iterable<ObjectKey>): readonly Change[] {
    const changes: Change[] = [];
    for (const key of new Set(keys)) {
      const winner = this.#winnerOf(key);
      const object = winner === undefined ? this.#standInFor(key) : this.#given(winner, key);
      const before = this.#serving.get(key);
      if (object === before) continue;
      if (object !== undefined) {
        this.#serving.set(key, object);
        changes.push({ kind: 'put', object });
      } else if (before !== undefined) {
        this.#serving.delete(key);
        changes.push({ kind: 'remove', ref: refOf(before) });
      }
    }
    return changes;
  }

  #replace(file: string, entry: Entry): readonly Change[] {
    const before = this.#entries.get(file) ?? nothing;
    const touched = [before, entry].flatMap(({ objects, kept, standIns }) => [
      ...objects.keys(),
      ...kept.keys(),
      ...standIns.keys(),
    ]);
    if (entry === nothing) this.#entries.delete(file);
    else this.#entries.set(file, entry);
    if (entry.parsed !== undefined && hasFindings(entry.parsed)) this.#findings.add(file);
    else this.#findings.delete(file);
    if (entry.standIns.size > 0) this.#withStandIns.add(file);
    else this.#withStandIns.delete(file);
    for (const key of touched) {
      const files = this.#givers.get(key) ?? new Set();
      if (this.#given(file, key) === undefined) files.delete(file);
      else files.add(file);
      if (files.size === 0) this.#givers.delete(key);
      else this.#givers.set(key, files);
      if (files.size > 1) this.#contested.add(key);
      else this.#contested.delete(key);
    }
    return this.#refresh(touched);
  }

  #duplicates(): readonly Diagnostic[] {
    const diagnostics: Diagnostic[] = [];
    for (const key of this.#contested) {
      const files = this.#givers.get(key) ?? new Set();
      const winner = this.#winnerOf(key);
      for (const file of [...files].sort(compareStrings)) {
        const object = this.#given(file, key);
        if (file === winner || object === undefined) continue;
        const ref = refOf(object);
        const message = `${describeRef(ref)} is in ${winner} too, which goes first by name: this one is not used.`;
        const position = this.#locateIn(file, ref) ?? { file, line: 1, column: 1 };
        diagnostics.push({ severity: 'error', reason: 'DuplicateObject', message, object: ref, position });
      }
    }
    return diagnostics;
  }

  #locateIn(file: string, ref: ObjectRef, field?: string): Position | undefined {
    const key = objectKey(ref);
    for (const document of this.#entries.get(file)?.parsed?.documents ?? []) {
      const index = document.validations.findIndex((validation) => {
        if (validation.kind === 'Object') return objectKey(refOf(validation.object)) === key;
        return validation.kind === 'Invalid' && validation.ref !== undefined && objectKey(validation.ref) === key;
      });
      if (index !== -1) return locateIn(file, document, index, field);
    }
    return undefined;
  }
}

export function createCatalog(validate: Validate): Catalog {
  return new FileCatalog(validate);
}
