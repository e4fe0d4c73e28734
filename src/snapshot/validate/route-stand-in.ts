import { type Fields, isFields } from '../../lib/fields.ts';
import type { Result } from '../../lib/result.ts';
import { findReadablePart, listAt, pick, withoutPlaces } from './readable-part.ts';

/** A rule's name and matches. Without any that can be read they are an empty list, and absent where none was written. */
function readRule(rule: unknown): Fields {
  if (!isFields(rule)) return { matches: [] };
  const matches = listAt(rule, 'matches');
  return { ...pick(rule, 'name'), ...(matches?.length === 0 ? {} : { matches: matches ?? [] }) };
}

/** What can be read of a route apart from what it does with its requests; undefined where that says nothing. */
function readRoute(spec: unknown): Fields | undefined {
  if (!isFields(spec)) return undefined;
  const rules = listAt(spec, 'rules');
  if (rules === undefined || listAt(spec, 'hostnames') === undefined) return undefined;
  return {
    ...pick(spec, 'parentRefs', 'useDefaultGateways', 'hostnames'),
    ...(rules.length === 0 ? {} : { rules: rules.map(readRule) }),
  };
}

const removable =
  /^spec\.(?:parentRefs\[\d+\]|useDefaultGateways|hostnames\[\d+\]|rules\[\d+\]\.(?:matches\[\d+\]|name))/;

/** Without an entry that it had, a list would say something else: no hostname stands for every host. */
function isEmptied(before: Fields, after: Fields, name: string): boolean {
  return listAt(before, name)?.length !== 0 && listAt(after, name)?.length === 0;
}

/** The spec without the entries that are wrong; undefined where whose requests are meant is no longer known. */
function narrowRoute(spec: Fields, wrong: readonly string[]): Fields | undefined {
  const places = new Set<string>();
  for (const field of wrong) {
    const place = removable.exec(field)?.[0];
    if (place !== undefined) places.add(place);
    // Names that are there twice are told of the whole list.
    else if (field === 'spec.rules' && JSON.stringify(spec['rules']).includes('"name"'))
      listAt(spec, 'rules')?.forEach((_, index) => places.add(`spec.rules[${index}].name`));
    else return undefined;
  }
  const left = withoutPlaces(spec, places, 'spec');
  if (!isFields(left) || isEmptied(spec, left, 'hostnames') || isEmptied(spec, left, 'parentRefs')) return undefined;
  return left;
}

/**
 * The part of a route of requests that can be read: whose requests it takes, and nothing of what it does with them.
 *
 * @param check makes an object of a spec, or says which of its fields are wrong
 */
export function standInForRoute<T>(
  spec: unknown,
  check: (spec: Fields) => Result<T, readonly string[]>,
): Result<T, 'Unreadable'> {
  return findReadablePart(readRoute(spec), check, narrowRoute);
}
