import { markName } from './mark.ts';
import type { AdsResource } from './resource.ts';
import type { TypeState } from './type-state.ts';

/**
 * Notes what a proxy says that it has when it comes, beside `table`, what it should have. Most come back with just that,
 * so that only the rest is noted, and looked at, name by name.
 */
export function takeOver(
  type: TypeState,
  table: ReadonlyMap<string, AdsResource>,
  versions: Readonly<Record<string, string>>,
): void {
  const names = Object.keys(versions);
  if (names.length === 0) return;
  const hasNoDoubts = type.held.size === 0;
  if (hasNoDoubts) type.held.fill(table);
  let current = 0;
  for (const name of names) {
    if (name === markName) continue;
    const version = versions[name];
    if (hasNoDoubts && table.get(name)?.version === version) {
      current += 1;
      continue;
    }
    // What was in doubt before is not settled by the proxy's word.
    const isDoubted = !hasNoDoubts && type.held.has(name);
    type.held.set(name, { version: isDoubted ? undefined : version, resource: 'unknown' });
    type.pending.add(name);
  }
  if (!hasNoDoubts || current === table.size) return;
  for (const name of table.keys()) if (!Object.hasOwn(versions, name)) type.held.delete(name);
}
