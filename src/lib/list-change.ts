/** Where a list differs from an earlier one: `before` was replaced by `after`, the members around are the same. */
export interface ListChange<T> {
  readonly start: number;
  readonly before: readonly T[];
  readonly after: readonly T[];
}

/** Finds the one range in which two lists differ, by identity: small where little was added, changed or removed. */
export function diffLists<T>(before: readonly T[], after: readonly T[]): ListChange<T> {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { start, before: before.slice(start, before.length - tail), after: after.slice(start, after.length - tail) };
}
