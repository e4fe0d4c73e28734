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

/** A sorted list after a change of the list that it was sorted from: the members stay, so few are compared with all. */
export function changeSorted<T>(
  sorted: readonly T[],
  { before, after }: Pick<ListChange<T>, 'before' | 'after'>,
  compare: (a: T, b: T) => number,
): readonly T[] {
  const stay = new Set(after);
  const gone = new Set(before.filter((member) => !stay.has(member)));
  const there = new Set(before);
  const come = after.filter((member) => !there.has(member)).sort(compare);
  const changed: T[] = [];
  let next = 0;
  for (const member of sorted) {
    if (gone.size > 0 && gone.has(member)) continue;
    for (let other = come[next]; other !== undefined && compare(other, member) < 0; other = come[next]) {
      changed.push(other);
      next += 1;
    }
    changed.push(member);
  }
  return changed.concat(come.slice(next));
}
