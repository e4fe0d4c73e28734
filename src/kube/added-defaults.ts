import { isDeepStrictEqual } from 'node:util';
import { type Fields, isFields } from '../lib/fields.ts';
import type { Schema } from '../snapshot/validate/schema.ts';

/**
 * Fields that the definitions of a cluster add to those known here and that have a default: once such a definition is
 * installed every object has them, though nobody wrote them.
 */
export interface AddedDefaults {
  /** By the name of a field that is unknown here: its value where nobody wrote one. */
  readonly fields: Fields;
  /** What lies deeper, by the name of a known field. */
  readonly members: { readonly [name: string]: AddedDefaults };
  /** Of each item of a list. */
  readonly items?: AddedDefaults;
}

function memberOf<T>(members: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** A default, with the defaults of what it leaves out. */
function complete(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => complete(schema.items ?? {}, item));
  if (!isFields(value)) return value;
  const missing = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const member = memberOf(value, name) ?? property.default;
    return member === undefined ? [] : [[name, complete(property, member)]];
  });
  return { ...value, ...Object.fromEntries(missing) };
}

/** Compares a schema that is known here with the one that a cluster has; undefined where nothing is added. */
export function findAddedDefaults(known: Schema, installed: Schema): AddedDefaults | undefined {
  const fields: [string, unknown][] = [];
  const members: [string, AddedDefaults][] = [];
  for (const [name, property] of Object.entries(installed.properties ?? {})) {
    const own = memberOf(known.properties ?? {}, name);
    const below = own === undefined ? undefined : findAddedDefaults(own, property);
    if (below !== undefined) members.push([name, below]);
    if (own === undefined && property.default !== undefined) {
      fields.push([name, complete(property, property.default)]);
    }
  }
  const items =
    known.items === undefined || installed.items === undefined
      ? undefined
      : findAddedDefaults(known.items, installed.items);
  if (fields.length === 0 && members.length === 0 && items === undefined) return undefined;
  return {
    fields: Object.fromEntries(fields),
    members: Object.fromEntries(members),
    ...(items === undefined ? {} : { items }),
  };
}

/** An object without the added fields that say no more than their default. Any other value of theirs stays. */
export function withoutAddedDefaults(added: AddedDefaults, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = added;
    return items === undefined ? value : value.map((item: unknown) => withoutAddedDefaults(items, item));
  }
  if (!isFields(value)) return value;
  const left = Object.entries(value).flatMap(([name, member]) => {
    if (Object.hasOwn(added.fields, name) && isDeepStrictEqual(member, added.fields[name])) return [];
    const below = memberOf(added.members, name);
    return [[name, below === undefined ? member : withoutAddedDefaults(below, member)]];
  });
  return Object.fromEntries(left);
}
