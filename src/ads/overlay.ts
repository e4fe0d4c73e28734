import { changedNames } from './generation.ts';
import type { AdsResource } from './resource.ts';

type Table = ReadonlyMap<string, AdsResource>;

const nothing: Table = new Map();

/** What a table says by itself, and when a value that was put by hand says the same. */
export interface OverlayRule<T> {
  read(resource: AdsResource): T;
  isSame(value: T, resource: AdsResource): boolean;
}

/**
 * A map by resource name as the difference from a table that thousands of streams share: a proxy that has what
 * everybody has costs nothing but the pointer.
 */
export class Overlay<T extends object | true> {
  readonly #rule: OverlayRule<T>;
  #table: Table = nothing;
  /** What differs from the table; undefined for what is not there. */
  #own = new Map<string, T | undefined>();
  #size = 0;

  constructor(rule: OverlayRule<T>) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#size;
  }

  get(name: string): T | undefined {
    const own = this.#own.get(name);
    if (own !== undefined || this.#own.has(name)) return own;
    const resource = this.#table.get(name);
    return resource === undefined ? undefined : this.#rule.read(resource);
  }

  has(name: string): boolean {
    return this.#own.has(name) ? this.#own.get(name) !== undefined : this.#table.has(name);
  }

  set(name: string, value: T): void {
    if (!this.has(name)) this.#size += 1;
    this.#own.set(name, value);
  }

  delete(name: string): void {
    if (!this.has(name)) return;
    this.#size -= 1;
    if (this.#table.has(name)) this.#own.set(name, undefined);
    else this.#own.delete(name);
  }

  *keys(): Iterable<string> {
    for (const [name] of this.entries()) yield name;
  }

  *entries(): Iterable<readonly [string, T]> {
    yield* this.differing();
    for (const [name, resource] of this.#table) {
      if (!this.#own.has(name)) yield [name, this.#rule.read(resource)];
    }
  }

  /** The entries that are not in the table, or not as they are there. */
  *differing(): Iterable<readonly [string, T]> {
    for (const [name, value] of this.#own) if (value !== undefined) yield [name, value];
  }

  /** For one that is empty: the same entries as the table. */
  fill(table: Table): void {
    this.#table = table;
    this.#own.clear();
    this.#size = table.size;
  }

  /** Goes over to another table; no entry changes by that. It costs what differs. */
  rebase(table: Table): void {
    if (table === this.#table && this.#own.size === 0) return;
    const own = new Map<string, T | undefined>();
    const keep = (name: string): void => {
      const value = this.get(name);
      const resource = table.get(name);
      if (value === undefined) {
        if (resource !== undefined) own.set(name, undefined);
      } else if (resource === undefined || !this.#rule.isSame(value, resource)) {
        own.set(name, value);
      }
    };
    for (const name of changedNames(this.#table, table)) keep(name);
    for (const name of this.#own.keys()) keep(name);
    this.#own = own;
    this.#table = table;
  }
}
