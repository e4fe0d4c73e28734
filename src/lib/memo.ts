import { createIdentityCache } from './identity-cache.ts';
import { diffLists } from './list-change.ts';
import { createLookup, Judge, sameInputs, type Entry, type Lookup, type Read, type Sources } from './recorded-read.ts';

/*
 * Incremental by identity: a step runs again only when something that it was given, or looked up, is another value
 * than last time. What a step reads is recorded by the read itself, so no cache key is kept by hand.
 */

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
   * `track` for every member of a collection, with the member as the first input and its key as the key; the results in
   * the order of the collection. Where neither a member nor anything that the step has looked up so far has changed,
   * it is passed over without a question.
   */
  trackEach<I, A extends readonly unknown[], R>(
    step: (lookup: Lookup<S>, member: I, ...inputs: A) => R,
    sources: S,
    collection: ReadonlyMap<string, I>,
    ...inputs: A
  ): readonly R[];
  /**
   * As `run` with one input, for a step that is quicker when it may start from its last input and result. What it gives
   * must be what it would give without them.
   */
  evolve<I, R>(step: (input: I, last: Last<I, R> | undefined) => R, key: string, input: I): R;
  /** The result for one input, for as long as the input lives: nothing is swept, and an untouched input costs nothing. */
  once<I extends object, R>(step: (input: I) => R, input: I): R;
  /** `once` for every member of a list; what did not change since last time is taken over without a look. */
  mapList<I extends object, R>(step: (member: I) => R, key: string, members: readonly I[]): readonly R[];
  /** The list of last time where it has the same members, else this one. Lets a step take a list as one input. */
  list<T>(key: string, members: readonly T[]): readonly T[];
  /** Ends a run: entries that it did not use are dropped. */
  sweep(): void;
  /** How often a step has really run since the start. */
  calls(step: Step): number;
}

/** What `trackEach` made of a collection last time. */
interface Round {
  readonly sources: Sources;
  readonly inputs: readonly unknown[];
  readonly members: readonly unknown[];
  readonly results: readonly unknown[];
  /** Of the step's own members by key, changed from round to round: a copy would be linear in their number. */
  readonly entries: Map<string, Entry>;
  /** Every source that some member's step has looked into. */
  readonly looked: ReadonlySet<string>;
}

/** Whether everything that the round has looked into is as it was. */
function sameSources({ looked, sources: before }: Round, sources: Sources): boolean {
  for (const name of looked) if (before[name] !== sources[name]) return false;
  return true;
}

/** Functions of every signature are keys of the tables, so what an entry holds is of the types of its step. */
class Tables<S extends Sources> implements Memo<S> {
  readonly #tables = new Map<Step, Map<string, Entry>>();
  readonly #counts = new Map<Step, number>();
  readonly #once = createIdentityCache();
  readonly #rounds = new Map<Step, Round>();
  #judge: Judge | undefined;
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
    const judge = this.#judgeOf(sources);
    if (known !== undefined && sameInputs(known.inputs, inputs) && judge.holds(known)) return this.#use(known) as R;
    const entry = this.#record(step, sources, inputs);
    this.#keep(step, key, entry);
    return entry.result as R;
  }

  trackEach<I, A extends readonly unknown[], R>(
    step: (lookup: Lookup<S>, member: I, ...inputs: A) => R,
    sources: S,
    collection: ReadonlyMap<string, I>,
    ...inputs: A
  ): readonly R[] {
    const last = this.#rounds.get(step);
    const still = last !== undefined && sameInputs(last.inputs, inputs) && sameSources(last, sources);
    const entries = last?.entries ?? new Map<string, Entry>();
    const looked = new Set(last?.looked);
    const members: I[] = [];
    const results: R[] = [];
    for (const [key, member] of collection) {
      const at = members.push(member) - 1;
      if (still && last.members[at] === member) {
        // The round is the step's own, so its results are of the step's type.
        results.push(last.results[at] as R);
        continue;
      }
      const entry = this.#trackMember<readonly [I, ...A]>(step, entries.get(key), sources, [member, ...inputs]);
      entries.set(key, entry);
      for (const name of entry.seenIn.keys()) looked.add(name);
      results.push(entry.result as R);
    }
    if (entries.size > collection.size) for (const key of entries.keys()) if (!collection.has(key)) entries.delete(key);
    this.#rounds.set(step, { sources, inputs, members, results, entries, looked });
    return results;
  }

  evolve<I, R>(step: (input: I, last: Last<I, R> | undefined) => R, key: string, input: I): R {
    const known = this.#find(step, key);
    const last = known === undefined ? undefined : { input: known.inputs[0] as I, result: known.result as R };
    if (known !== undefined && last?.input === input) return this.#use(known) as R;
    const result = step(input, last);
    this.#keep(step, key, { inputs: [input], result, run: this.#run, reads: [], seenIn: new Map() });
    return result;
  }

  once<I extends object, R>(step: (input: I) => R, input: I): R {
    return this.#once.get(step, input);
  }

  mapList<I extends object, R>(step: (member: I) => R, key: string, members: readonly I[]): readonly R[] {
    const known = this.#find(step, key);
    // The table is the step's own, so what an entry holds is of its types.
    const last =
      known === undefined
        ? undefined
        : { input: known.inputs[0] as readonly I[], result: known.result as readonly R[] };
    if (known !== undefined && last?.input === members) return this.#use(known) as readonly R[];
    const result =
      last === undefined ? members.map((member) => this.once(step, member)) : this.#remap(step, last, members);
    const entry = { inputs: [members], result, run: this.#run, reads: [], seenIn: new Map() };
    this.#tables.set(step, (this.#tables.get(step) ?? new Map<string, Entry>()).set(key, entry));
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
    return (this.#counts.get(step) ?? 0) + this.#once.calls(step);
  }

  #remap<I extends object, R>(step: (member: I) => R, last: Last<readonly I[], readonly R[]>, members: readonly I[]) {
    const { start, before, after } = diffLists(last.input, members);
    const results = last.result.slice(0, start);
    for (const member of after) results.push(this.once(step, member));
    return results.concat(last.result.slice(start + before.length));
  }

  #judgeOf(sources: S): Judge {
    if (this.#judge?.sources !== sources) this.#judge = new Judge(sources);
    return this.#judge;
  }

  /** Runs a step and writes down what it looks up. */
  #record<A extends readonly unknown[]>(
    step: (lookup: Lookup<S>, ...inputs: A) => unknown,
    sources: S,
    inputs: A,
  ): Entry {
    const reads: Read[] = [];
    const seenIn = new Map<string, ReadonlyMap<string, unknown>>();
    const result = step(createLookup(sources, reads, seenIn), ...inputs);
    return { inputs, result, run: this.#run, reads, seenIn: this.#judgeOf(sources).share(seenIn) };
  }

  #trackMember<A extends readonly unknown[]>(
    step: (lookup: Lookup<S>, ...inputs: A) => unknown,
    known: Entry | undefined,
    sources: S,
    inputs: A,
  ): Entry {
    if (known !== undefined && sameInputs(known.inputs, inputs) && this.#judgeOf(sources).holds(known)) return known;
    this.#count(step);
    return this.#record(step, sources, inputs);
  }

  #count(step: Step): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
  }

  #find(step: Step, key: string): Entry | undefined {
    return this.#tables.get(step)?.get(key);
  }

  #use(entry: Entry): unknown {
    entry.run = this.#run;
    return entry.result;
  }

  #keep(step: Step, key: string, entry: Entry): void {
    this.#count(step);
    const table = this.#tables.get(step);
    if (table === undefined) this.#tables.set(step, new Map([[key, entry]]));
    else table.set(key, entry);
  }
}

/** The tables of one Pipeline. They hold one entry for each step and key of the last run, no more. */
export function createMemo<S extends Sources>(): Memo<S> {
  return new Tables<S>();
}
