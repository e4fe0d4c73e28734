import { type Fields, isFields } from '../../lib/fields.ts';
import { type Result, err } from '../../lib/result.ts';

/** Only those of the named fields that are there. */
export function pick(fields: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

/** The list at a field; undefined where something else is there. */
export function listAt(fields: Fields, name: string): readonly unknown[] | undefined {
  const value = fields[name] ?? [];
  return Array.isArray(value) ? value : undefined;
}

/** A value without what stands at these places; `path` is its own, as findings spell it. */
export function withoutPlaces(value: unknown, places: ReadonlySet<string>, path: string): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => {
      const below = `${path}[${index}]`;
      return places.has(below) ? [] : [withoutPlaces(item, places, below)];
    });
  }
  if (!isFields(value)) return value;
  const left = Object.entries(value).flatMap(([name, member]) => {
    const below = `${path}.${name}`;
    return places.has(below) ? [] : [[name, withoutPlaces(member, places, below)]];
  });
  return Object.fromEntries(left);
}

/** More than it takes until a list is empty, and what held it, and so on up. */
const mostRounds = 8;

/**
 * The part of an object that can be read. What is wrong is taken away until nothing is, as rules are only looked at
 * where the structure is sound.
 *
 * @param check makes an object of a spec, or says which of its fields are wrong
 * @param narrow takes these away; undefined where too little would be left
 */
export function findReadablePart<T>(
  spec: Fields | undefined,
  check: (spec: Fields) => Result<T, readonly string[]>,
  narrow: (spec: Fields, wrong: readonly string[]) => Fields | undefined,
): Result<T, 'Unreadable'> {
  let candidate = spec;
  for (let round = 0; round < mostRounds && candidate !== undefined; round += 1) {
    const checked = check(candidate);
    if (checked.ok) return checked;
    candidate = narrow(candidate, checked.error);
  }
  return err('Unreadable');
}
