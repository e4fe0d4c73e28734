import { freeze } from '../lib/freeze.ts';
import { contentHash } from '../lib/hash.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { Validate } from '../snapshot/files/validation.ts';
import {
  type AnyObject,
  type Kind,
  kindTable,
  type ObjectKey,
  type ObjectRef,
  objectKey,
  unreadableOf,
} from '../snapshot/object.ts';
import type { Change } from '../snapshot/snapshot.ts';
import type { AddedDefaults } from './added-defaults.ts';
import { contentOf, writesStatus } from './content.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { RawObject } from './watch-event.ts';

/** What a writer of an object or its status must know of the version that was last read. */
export interface Latest {
  readonly resourceVersion: string;
  readonly uid: string;
  /** 0 for kinds without generations. */
  readonly generation: number;
  /** As the server sent it; kept only of kinds whose status is ours to write. */
  readonly status: unknown;
}

/** An object whose newest version does not pass. */
export interface InvalidObject {
  readonly ref: ObjectRef;
  readonly uid: string;
  /** Of that version. */
  readonly generation: number;
  /** As it was last read, written by whoever. */
  readonly status: unknown;
  /** Of that version, as far as it could have been read. */
  readonly content: { readonly [field: string]: unknown };
  readonly diagnostics: readonly Diagnostic[];
}

interface Entry {
  readonly ref: ObjectRef;
  readonly latest: Latest;
  readonly hash: string;
  /** The last version that passed; where none did what takes its place, if anything. */
  readonly object: AnyObject | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the newest version does not pass, nothing takes its place, and its status is ours to write. */
  readonly invalid?: Omit<InvalidObject, 'status'>;
  /** The list that last named it. */
  readonly list: number;
}

/**
 * The objects of one resource, or of one namespace of it, as last heard. An object keeps its identity while the part
 * that translation reads does; one whose newest version does not pass keeps the last that did.
 */
export class Kept {
  /** What the kind's definition in the cluster adds to the one known here. */
  added: AddedDefaults | undefined;
  readonly #kind: Kind;
  readonly #validate: Validate;
  readonly #entries = new Map<ObjectKey, Entry>();
  readonly #findings = new Set<ObjectKey>();
  #list = 0;
  #told = 0;

  constructor(kind: Kind, validate: Validate) {
    this.#kind = kind;
    this.#validate = validate;
  }

  refOf({ metadata }: RawObject): ObjectRef {
    const namespace = kindTable[this.#kind].namespaced ? (metadata.namespace ?? '') : '';
    return { kind: this.#kind, namespace, name: metadata.name };
  }

  /** From here to `settle` what is put belongs to one list. */
  begin(): void {
    this.#list += 1;
  }

  put(raw: RawObject): Change | undefined {
    const ref = this.refOf(raw);
    const key = objectKey(ref);
    const before = this.#entries.get(key);
    const { resourceVersion } = raw.metadata;
    // A list is right even where it goes back, as after a restore; within one the later version counts.
    const isRepeated =
      before?.list === this.#list && compareResourceVersions(resourceVersion, before.latest.resourceVersion) <= 0;
    if (isRepeated) return undefined;
    const content = contentOf(this.#kind, raw, this.added);
    const hash = contentHash(JSON.stringify(content));
    const latest = latestOf(this.#kind, raw);
    if (before?.hash === hash) {
      this.#entries.set(key, { ...before, latest, list: this.#list });
      return undefined;
    }
    const validation = this.#validate(content);
    const { diagnostics } = validation;
    const passed = validation.kind === 'Object' ? freeze(validation.object) : undefined;
    // A name that was given to another object says nothing of the one that had it.
    const known = before?.latest.uid === latest.uid ? before.object : undefined;
    const last = known === undefined || unreadableOf(known) !== undefined ? undefined : known;
    const standIn =
      validation.kind === 'Invalid' && validation.standIn !== undefined ? freeze(validation.standIn) : undefined;
    const object = passed ?? last ?? standIn;
    const { generation, uid } = latest;
    // Translation judges what takes an object's place as any other.
    const isTold = passed === undefined && (object === undefined || object === last) && writesStatus(this.#kind);
    const invalid = isTold ? { invalid: { ref, uid, generation, content, diagnostics } } : {};
    this.#entries.set(key, { ref, latest, hash, object, diagnostics, list: this.#list, ...invalid });
    if (diagnostics.length > 0 || this.#findings.has(key)) this.#told += 1;
    if (diagnostics.length > 0) this.#findings.add(key);
    else this.#findings.delete(key);
    if (object === before?.object) return undefined;
    return object === undefined ? { kind: 'remove', ref } : { kind: 'put', object };
  }

  remove(raw: RawObject): Change | undefined {
    return this.#drop(objectKey(this.refOf(raw)));
  }

  /** The list is complete: what it did not name is gone. */
  settle(): readonly Change[] {
    const changes: Change[] = [];
    for (const [key, { list }] of this.#entries) {
      const change = list === this.#list ? undefined : this.#drop(key);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** Lets go of everything: the kind is no longer served. */
  clear(): readonly Change[] {
    this.begin();
    return this.settle();
  }

  latest(key: ObjectKey): Latest | undefined {
    return this.#entries.get(key)?.latest;
  }

  /** Another number whenever `diagnostics` may differ. */
  get findings(): number {
    return this.#told;
  }

  diagnostics(): readonly Diagnostic[] {
    return [...this.#findings].flatMap((key) => this.#entries.get(key)?.diagnostics ?? []);
  }

  /** Objects with a status to say it in. */
  invalid(): readonly InvalidObject[] {
    return [...this.#findings].flatMap((key) => {
      const { invalid, latest } = this.#entries.get(key) ?? {};
      return invalid === undefined ? [] : [{ ...invalid, status: latest?.status }];
    });
  }

  #drop(key: ObjectKey): Change | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (this.#findings.delete(key)) this.#told += 1;
    return entry.object === undefined ? undefined : { kind: 'remove', ref: entry.ref };
  }
}

function latestOf(kind: Kind, { metadata, ...fields }: RawObject): Latest {
  return {
    resourceVersion: metadata.resourceVersion,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    status: writesStatus(kind) ? fields['status'] : undefined,
  };
}
