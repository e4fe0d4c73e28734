/*
 * What a step looks up is recorded by the look-up itself; whether a record still holds is judged here.
 */

/** Keyed collections that steps look things up in. Each keeps its identity while its content does. */
export interface Sources {
  readonly [source: string]: ReadonlyMap<string, unknown>;
}

type ValueOf<M> = M extends ReadonlyMap<string, infer V> ? V : never;

/** Looks one key up. Absence is a value too: the step runs again when the key appears. */
export type Lookup<S> = <N extends keyof S & string>(source: N, key: string) => ValueOf<S[N]> | undefined;

export interface Read {
  readonly source: string;
  readonly key: string;
  readonly value: unknown;
}

/** What a step made, and of what. */
export interface Entry {
  inputs: readonly unknown[];
  result: unknown;
  run: number;
  reads: readonly Read[];
  /** The collections that `reads` were last found true in, in the order of first use. */
  seenIn: SeenIn;
}

export function sameInputs(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export type SeenIn = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * Judges recorded reads against one state of the sources. Entries that looked into the same collections share the
 * record of which ones, so that for thousands of entries it is compared once.
 */
export class Judge {
  readonly sources: Sources;
  readonly #renewed = new Map<SeenIn, SeenIn>();

  constructor(sources: Sources) {
    this.sources = sources;
  }

  /** Whether every read of the entry would give the same value now. Only collections that changed are asked. */
  holds(entry: Entry): boolean {
    const { seenIn } = entry;
    const now = this.renew(seenIn);
    if (now === seenIn) return true;
    for (const { source, key, value } of entry.reads) {
      if (now.get(source) !== seenIn.get(source) && now.get(source)?.get(key) !== value) return false;
    }
    entry.seenIn = now;
    return true;
  }

  /** The same collections as they are now; the very record where none changed. */
  renew(seenIn: SeenIn): SeenIn {
    const known = this.#renewed.get(seenIn);
    if (known !== undefined) return known;
    let changed = false;
    const now = new Map<string, ReadonlyMap<string, unknown>>();
    for (const [name, collection] of seenIn) {
      const current = this.sources[name] ?? nothing;
      now.set(name, current);
      changed ||= current !== collection;
    }
    const renewed = changed ? this.share(now) : seenIn;
    this.#renewed.set(seenIn, renewed);
    return renewed;
  }

  /** One record for all entries that looked into the same collections in this state. */
  share(seenIn: SeenIn): SeenIn {
    for (const known of this.#renewed.values()) {
      if (known.size === seenIn.size && [...seenIn].every(([name, collection]) => known.get(name) === collection))
        return known;
    }
    this.#renewed.set(seenIn, seenIn);
    return seenIn;
  }
}

const nothing: ReadonlyMap<string, unknown> = new Map();

/** A look-up that writes down what it is asked for, and what it answered. */
export function createLookup<S extends Sources>(
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
