/*
 * Incremental by identity: a step runs again only when something that it was given, or looked up, is another value
 * than last time. What a step reads is recorded by the read itself, so no cache key is kept by hand.
 */

/** Keyed collections that steps look things up in. Each keeps its identity while its content does. */
export interface Sources {
  readonly [source: string]: ReadonlyMap<string, unknown>;
}

type ValueOf<M> = M extends ReadonlyMap<string, infer V> ? V : never;

/** Looks one key up. Absence is a value too: the step runs again when the key appears. */
export type Lookup<S> = <N extends keyof S & string>(source: N, key: string) => ValueOf<S[N]> | undefined;

interface Read {
  readonly source: string;
  readonly key: string;
  readonly value: unknown;
}

interface Entry {
  inputs: readonly unknown[];
  result: unknown;
  run: number;
  reads: readonly Read[];
  /** The collections that `reads` were last found true in, in the order of first use. */
  seenIn: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
}

/** What a step was given last time, and what it made of it. */
export interface Last<I, R> {
  readonly input: I;
  readonly result: R;
}

// Functions of every signature are keys of the table; none is called through this type.
type Step = (...inputs: never[]) => unknown;

export interface Memo<S extends Sources> {
  /** The step's result for the inputs: computed, or the one of last time where all inputs are the same. */
  run<A extends readonly unknown[], R>(step: (...inputs: A) => R, key: string, ...inputs: A): R;
  /** As `run`, for a step that also looks things up. */
  track<A extends readonly unknown[], R>(
    step: (lookup: Lookup<S>, ...inputs: A) => R,
    key: string,
    sources: S,
    ...inputs: A
  ): R;
  /**
   * As `run` with one input, for a step that is quicker when it may start from its last input and result. What it gives
   * must be what it would give without them.
   */
  evolve<I, R>(step: (input: I, last: Last<I, R> | undefined) => R, key: string, input: I): R;
  /** The list of last time where it has the same members, else this one. Lets a step take a list as one input. */
  list<T>(key: string, members: readonly T[]): readonly T[];
  /** Ends a run: entries that it did not use are dropped. */
  sweep(): void;
  /** How often a step has really run since the start. */
  calls(step: Step): number;
}

function sameInputs(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether every recorded read would give the same value now. Collections that did not change are not asked again. */
function readsHold(entry: Entry, sources: Sources): boolean {
  let unchanged = true;
  for (const [name, seen] of entry.seenIn) {
    if (sources[name] !== seen) {
      unchanged = false;
      break;
    }
  }
  if (unchanged) return true;
  for (const read of entry.reads) {
    const source = sources[read.source];
    if (source !== entry.seenIn.get(read.source) && source?.get(read.key) !== read.value) return false;
  }
  const seenIn = new Map<string, ReadonlyMap<string, unknown>>();
  for (const name of entry.seenIn.keys()) {
    const source = sources[name];
    if (source !== undefined) seenIn.set(name, source);
  }
  entry.seenIn = seenIn;
  return true;
}

/** Functions of every signature are keys of the tables, so what an entry holds is of the types of its step. */
class Tables<S extends Sources> implements Memo<S> {
  readonly #tables = new Map<Step, Map<string, Entry>>();
  readonly #counts = new Map<Step, number>();
  readonly #lists = new Map<string, { readonly members: readonly unknown[]; run: number }>();
  #run = 0;

  run<A extends readonly unknown[], R>(step: (...inputs: A) => R, key: string, ...inputs: A): R {
    const known = this.#find(step, key);
    if (known !== undefined && sameInputs(known.inputs, inputs)) return this.#use(known) as R;
    const result = step(...inputs);
    this.#keep(step, key, { inputs, result, run: this.#run, reads: [], seenIn: new Map() });
    return result;
  }

  track<A extends readonly unknown[], R>(
    step: (lookup: Lookup<S>, ...inputs: A) => R,
    key: string,
    sources: S,
    ...inputs: A
  ): R {
    const known = this.#find(step, key);
    if (known !== undefined && sameInputs(known.inputs, inputs) && readsHold(known, sources)) return this.#use(known) as R;
    const reads: Read[] = [];
    const seenIn = new Map<string, ReadonlyMap<string, unknown>>();
    const result = step(createLookup(sources, reads, seenIn), ...inputs);
    this.#keep(step, key, { inputs, result, run: this.#run, reads, seenIn });
    return result;
  }

  evolve<I, R>(step: (input: I, last: Last<I, R> | undefined) => R, key: string, input: I): R {
    const known = this.#find(step, key);
    const last = known === undefined ? undefined : { input: known.inputs[0] as I, result: known.result as R };
    if (known !== undefined && last?.input === input) return this.#use(known) as R;
    const result = step(input, last);
    this.#keep(step, key, { inputs: [input], result, run: this.#run, reads: [], seenIn: new Map() });
    return result;
  }

  list<T>(key: string, members: readonly T[]): readonly T[] {
    const known = this.#lists.get(key);
    const same = known !== undefined && sameInputs(known.members, members);
    // The key belongs to one caller, which always asks for the same type.
    const kept = same ? (known.members as readonly T[]) : members;
    this.#lists.set(key, { members: kept, run: this.#run });
    return kept;
  }

  sweep(): void {
    for (const [key, list] of this.#lists) if (list.run !== this.#run) this.#lists.delete(key);
    for (const table of this.#tables.values()) {
      for (const [key, entry] of table) if (entry.run !== this.#run) table.delete(key);
    }
    this.#run += 1;
  }

  calls(step: Step): number {
    return this.#counts.get(step) ?? 0;
  }

  #find(step: Step, key: string): Entry | undefined {
    return this.#tables.get(step)?.get(key);
  }

  #use(entry: Entry): unknown {
    entry.run = this.#run;
    return entry.result;
  }

  #keep(step: Step, key: string, entry: Entry): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    const table = this.#tables.get(step);
    if (table === undefined) this.#tables.set(step, new Map([[key, entry]]));
    else table.set(key, entry);
  }
}

/** A look-up that writes down what it is asked for, and what it answered. */
function createLookup<S extends Sources>(
  sources: S,
  reads: Read[],
  seenIn: Map<string, ReadonlyMap<string, unknown>>,
): Lookup<S> {
  return ((source: string, key: string) => {
    const collection = sources[source];
    if (collection === undefined) throw new Error(`no source ${source}`);
    seenIn.set(source, collection);
    const value = collection.get(key);
    reads.push({ source, key, value });
    return value;
  }) as Lookup<S>;
}

/** The tables of one Pipeline. They hold one entry for each step and key of the last run, no more. */
export function createMemo<S extends Sources>(): Memo<S> {
  return new Tables<S>();
}
