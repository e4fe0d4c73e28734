import type { Logger } from 'pino';
import type { Fields } from '../lib/fields.ts';
import type { Clock } from '../lib/clock.ts';
import { describeRef, objectKey, type ObjectKey, type ObjectRef } from '../snapshot/object.ts';
import { type DesiredStatus, findChanges, isSameStatus } from './desired-status.ts';
import type { LiveStatus, StatusStore, WriteOutcome } from './live-status.ts';
import { hasStatus, mergeStatus } from './merge.ts';
import { Rests } from './rests.ts';

export interface StatusWriterOptions {
  readonly store: StatusStore;
  readonly controllerName: string;
  readonly log: Logger;
  /** The time of day. */
  readonly clock: Clock;
  /** Requests under way at a time. */
  readonly concurrency?: number;
  /**
   * How long an object is left alone after a write, in milliseconds; by default not at all. A Gateway counts its routes:
   * of hundreds that come in a second it tells in a few writes.
   */
  readonly restMs?: number;
  /** Whether what was said of an object stays though nothing is to be said of it now; `entry` is one of its list. */
  readonly spares?: (ref: ObjectRef, entry?: Fields) => boolean;
  /** A write is over. */
  written?(ref: ObjectRef, outcome: WriteOutcome['kind']): void;
}

/** Writes statuses where they differ from what is there; one writer for each object at a time. */
export interface StatusWriter {
  /** All that objects are to have, sorted by kind, namespace and name; those that are not named have nothing of ours. */
  update(desired: readonly DesiredStatus[]): void;
  /** An object was seen to be new, or to have changed. */
  observe(ref: ObjectRef): void;
  /** Compares everything anew: what is spared is not what it was. */
  reconsider(): void;
  /** Only one replica writes; a writer begins inactive, and compares everything when it becomes active. */
  setActive(active: boolean): void;
  /** Objects that still wait for a write. */
  waiting(): number;
  stop(): void;
}

const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

class Writer implements StatusWriter {
  readonly #options: StatusWriterOptions;
  /** What was last given: thousands of statuses are the very same the next time. */
  #last: readonly DesiredStatus[] = [];
  readonly #desired = new Map<ObjectKey, DesiredStatus>();
  /** What was last said of objects that have nothing of ours any more. */
  readonly #left = new Map<ObjectKey, Fields>();
  /** All objects with a status that were seen. */
  readonly #seen = new Map<ObjectKey, ObjectRef>();
  readonly #queue = new Map<ObjectKey, ObjectRef>();
  readonly #busy = new Set<ObjectKey>();
  /** What cancels the next attempt of a write that failed. */
  readonly #retries = new Map<ObjectKey, () => void>();
  /** Writes of an object that failed one after another. */
  readonly #failures = new Map<ObjectKey, number>();
  /** What a write gave back, until the watch shows it or something newer. */
  readonly #written = new Map<ObjectKey, { readonly over: string; readonly live: LiveStatus }>();
  readonly #rests: Rests;
  #hasDesired = false;
  #active = false;
  #stopped = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#rests = new Rests(options.restMs ?? 0, options.clock, (key, ref) => {
      this.#queue.set(key, ref);
      this.#pump();
    });
  }

  update(desired: readonly DesiredStatus[]): void {
    const { come, gone } = findChanges(this.#last, desired);
    this.#last = desired;
    for (const entry of come) {
      const key = objectKey(entry.ref);
      gone.delete(key);
      const known = this.#desired.get(key);
      this.#left.delete(key);
      this.#desired.set(key, entry);
      if (known !== undefined && isSameStatus(known.status, entry.status)) continue;
      this.#enqueue(key, entry.ref);
    }
    for (const [key, ref] of gone) {
      const said = this.#statusOf(key);
      if (said !== undefined) this.#left.set(key, said);
      this.#desired.delete(key);
      this.#enqueue(key, ref);
    }
    this.#hasDesired = true;
    this.#pump();
  }

  observe(ref: ObjectRef): void {
    if (!hasStatus(ref.kind)) return;
    const key = objectKey(ref);
    if (this.#options.store.latest(ref) === undefined) this.#forget(key);
    else this.#enqueue(key, ref);
    this.#pump();
  }

  reconsider(): void {
    for (const [key, ref] of this.#seen) this.#enqueue(key, ref);
    this.#pump();
  }

  setActive(active: boolean): void {
    if (active && !this.#active) for (const [key, ref] of this.#seen) this.#queue.set(key, ref);
    if (!active) {
      this.#queue.clear();
      this.#rests.clear();
      this.#cancelRetries();
    }
    this.#active = active;
    this.#pump();
  }

  waiting(): number {
    return this.#queue.size + this.#busy.size + this.#retries.size + this.#rests.asked();
  }

  stop(): void {
    this.#stopped = true;
    this.#rests.clear();
    this.#cancelRetries();
  }

  /** A replica that does not write only remembers what there is, and compares all of it when it comes to that. */
  #enqueue(key: ObjectKey, ref: ObjectRef): void {
    this.#seen.set(key, ref);
    if (this.#active && !this.#rests.hold(key, ref)) this.#queue.set(key, ref);
  }

  /** Statuses are what translation makes for the kind: objects. */
  #statusOf(key: ObjectKey): Fields | undefined {
    return this.#desired.get(key)?.status as Fields | undefined;
  }

  /** The object is gone. */
  #forget(key: ObjectKey): void {
    this.#seen.delete(key);
    this.#queue.delete(key);
    this.#written.delete(key);
    this.#left.delete(key);
    this.#rests.end(key);
    this.#succeed(key);
  }

  #succeed(key: ObjectKey): void {
    this.#failures.delete(key);
    this.#retries.get(key)?.();
    this.#retries.delete(key);
  }

  #cancelRetries(): void {
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
    this.#failures.clear();
  }

  #pump(): void {
    if (!this.#active || !this.#hasDesired || this.#stopped) return;
    const limit = this.#options.concurrency ?? 16;
    for (const [key, ref] of this.#queue) {
      if (this.#busy.size >= limit) return;
      if (this.#busy.has(key)) continue;
      this.#queue.delete(key);
      if (this.#rests.hold(key, ref)) continue;
      const live = this.#latest(key, ref);
      if (live !== undefined) this.#reconcile(key, ref, live);
    }
  }

  #latest(key: ObjectKey, ref: ObjectRef): LiveStatus | undefined {
    const latest = this.#options.store.latest(ref);
    const written = this.#written.get(key);
    if (latest === undefined) {
      this.#forget(key);
      return undefined;
    }
    if (written?.over === latest.resourceVersion) return written.live;
    this.#written.delete(key);
    return latest;
  }

  #reconcile(key: ObjectKey, ref: ObjectRef, live: LiveStatus): void {
    const { controllerName, spares } = this.#options;
    const time = `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
    const context = {
      controllerName,
      now: time,
      left: this.#left.get(key),
      ...(spares === undefined ? {} : { spares: (entry?: Fields) => spares(ref, entry) }),
    };
    const write = mergeStatus(ref, this.#statusOf(key), live, context);
    if (write === undefined) return;
    this.#busy.add(key);
    const over = this.#options.store.latest(ref)?.resourceVersion ?? '';
    void this.#options.store.write(write).then((outcome) => this.#took(key, ref, outcome, over));
  }

  async #took(key: ObjectKey, ref: ObjectRef, outcome: WriteOutcome, over: string): Promise<void> {
    this.#options.written?.(ref, outcome.kind);
    switch (outcome.kind) {
      case 'Written':
        this.#succeed(key);
        if (this.#active && !this.#stopped) this.#rests.begin(key);
        // The watch may have shown it already.
        if (this.#options.store.latest(ref)?.resourceVersion === over) {
          this.#written.set(key, { over, live: outcome.live });
        }
        break;
      case 'Conflict': {
        const live = await this.#options.store.read(ref);
        this.#busy.delete(key);
        if (live === undefined) this.#retry(key, ref);
        else if (!this.#stopped && this.#active) this.#reconcile(key, ref, live);
        return this.#pump();
      }
      case 'Gone':
        this.#succeed(key);
        break;
      case 'Failed':
        this.#options.log.warn({ object: describeRef(ref), reason: outcome.message }, 'a status was not written');
        this.#retry(key, ref);
        break;
    }
    this.#busy.delete(key);
    this.#pump();
  }

  #retry(key: ObjectKey, ref: ObjectRef): void {
    // One attempt waits for each object, however often it is seen meanwhile.
    if (this.#stopped || !this.#active || this.#retries.has(key)) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** failures);
    const cancel = this.#options.clock.schedule(delayMs, () => {
      this.#retries.delete(key);
      this.#queue.set(key, ref);
      this.#pump();
    });
    this.#retries.set(key, cancel);
  }
}

/** Makes a writer that writes nothing before it is active and has been told what to write. */
export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new Writer(options);
}
