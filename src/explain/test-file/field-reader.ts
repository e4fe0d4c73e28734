import { type Fields, isFields } from '../../lib/fields.ts';
import { closest } from '../../snapshot/validate/closest.ts';

/** Told of each mistake, by the field as in `spec.cases[0].name`. */
export type ReportMistake = (field: string, message: string) => void;

/** Reads the fields of one map, each by its type. What is wrong is reported and read as if it were absent. */
export interface FieldReader {
  readonly path: string;
  has(name: string): boolean;
  /** Reports what is absent. */
  required(name: string): void;
  string(name: string): string | undefined;
  integer(name: string): number | undefined;
  boolean(name: string): boolean | undefined;
  oneOf<const T extends string>(name: string, values: readonly T[]): T | undefined;
  /** A string or a whole number, as a string. */
  text(name: string): string | undefined;
  strings(name: string): readonly string[] | undefined;
  /** Values by name; `null` where it is allowed. */
  values(name: string): Readonly<Record<string, string | null>> | undefined;
  object(name: string, fields: readonly string[]): FieldReader | undefined;
  objects(name: string, fields: readonly string[]): readonly FieldReader[] | undefined;
  report(name: string, message: string): void;
}

function say(value: unknown): string {
  return isFields(value) ? 'a map' : Array.isArray(value) ? 'a list' : JSON.stringify(value);
}

class MapReader implements FieldReader {
  readonly path: string;
  readonly #fields: Fields;
  readonly #report: ReportMistake;

  constructor(fields: Fields, path: string, known: readonly string[], report: ReportMistake) {
    this.path = path;
    this.#fields = fields;
    this.#report = report;
    for (const name of Object.keys(fields)) {
      if (known.includes(name)) continue;
      const near = closest(name, known);
      const advice = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`;
      this.report(name, `There is no field ${name}. ${advice}`);
    }
  }

  report(name: string, message: string): void {
    this.#report(this.#pathOf(name), message);
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  required(name: string): void {
    if (!this.has(name)) this.#report(this.path, `${name} is missing.`);
  }

  string(name: string): string | undefined {
    return this.#read(name, 'a string', (value) => (typeof value === 'string' ? value : undefined));
  }

  integer(name: string): number | undefined {
    return this.#read(name, 'a whole number', (value) => (Number.isInteger(value) ? Number(value) : undefined));
  }

  boolean(name: string): boolean | undefined {
    return this.#read(name, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const near = closest(value, values);
    const advice = near === undefined ? `Known are ${values.join(', ')}.` : `Did you mean ${near}?`;
    this.report(name, `${name} can't be ${value}. ${advice}`);
    return undefined;
  }

  text(name: string): string | undefined {
    return this.#read(name, 'a string or a whole number', (value) =>
      typeof value === 'string' || Number.isInteger(value) ? String(value) : undefined,
    );
  }

  strings(name: string): readonly string[] | undefined {
    return this.#read(name, 'a list of strings', (value) =>
      Array.isArray(value) && value.every((entry): entry is string => typeof entry === 'string') ? value : undefined,
    );
  }

  values(name: string): Readonly<Record<string, string | null>> | undefined {
    const fields = this.#read(name, 'a map', (value) => (isFields(value) ? value : undefined));
    if (fields === undefined) return undefined;
    const entries = Object.entries(fields).flatMap(([key, value]): readonly (readonly [string, string | null])[] => {
      if (value === null || typeof value === 'string') return [[key, value]];
      this.#report(`${this.#pathOf(name)}['${key}']`, `${key} is a string, not ${say(value)}: quote it.`);
      return [];
    });
    return Object.fromEntries(entries);
  }

  object(name: string, fields: readonly string[]): FieldReader | undefined {
    const value = this.#read(name, 'a map', (read) => (isFields(read) ? read : undefined));
    return value === undefined ? undefined : new MapReader(value, this.#pathOf(name), fields, this.#report);
  }

  objects(name: string, fields: readonly string[]): readonly FieldReader[] | undefined {
    const list = this.#read(name, 'a list', (value) => (Array.isArray(value) ? (value as unknown[]) : undefined));
    return list?.flatMap((value, index) => {
      const path = `${this.#pathOf(name)}[${index}]`;
      if (isFields(value)) return [new MapReader(value, path, fields, this.#report)];
      this.#report(path, `An entry of ${name} is a map, not ${say(value)}.`);
      return [];
    });
  }

  #pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #read<T>(name: string, wanted: string, read: (value: unknown) => T | undefined): T | undefined {
    if (!this.has(name)) return undefined;
    const value = read(this.#fields[name]);
    if (value === undefined) this.report(name, `${name} is ${wanted}, not ${say(this.#fields[name])}.`);
    return value;
  }
}

/** A reader of a parsed document; undefined where it is no map. */
export function createFieldReader(
  value: unknown,
  fields: readonly string[],
  report: ReportMistake,
): FieldReader | undefined {
  if (isFields(value)) return new MapReader(value, '', fields, report);
  report('', 'A test file is a map with apiVersion, kind and spec.');
  return undefined;
}
