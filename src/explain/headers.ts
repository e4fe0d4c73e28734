import type { HeaderModification, HeaderValue } from '../ir/filter.ts';

/** The headers after a modification: removals first, then what is set, then what is added. */
export function modifyHeaders(headers: readonly HeaderValue[], change: HeaderModification): readonly HeaderValue[] {
  const replaced = new Set([...change.remove, ...change.set.map((header) => header.name)]);
  return [...headers.filter((header) => !replaced.has(header.name)), ...change.set, ...change.add];
}

/** One modification that does what `rule`, then `backend`, do: where both speak of a header, the backend's wins. */
export function mergeModifications(rule: HeaderModification, backend: HeaderModification): HeaderModification {
  const overruled = new Set([...backend.set.map((header) => header.name), ...backend.remove]);
  return {
    set: [...rule.set.filter((header) => !overruled.has(header.name)), ...backend.set],
    add: [...rule.add.filter((header) => !overruled.has(header.name)), ...backend.add],
    remove: [...new Set([...rule.remove, ...backend.remove])],
  };
}
