/**
 * Whether a value nests deeper than so many levels. Without recursion, as that is what a value too deep would exhaust.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((member) =>
      typeof member === 'object' && member !== null ? (Object.values(member) as readonly unknown[]) : [],
    );
  }
  return false;
}
