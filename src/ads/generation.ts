import type { AdsResource } from './resource.ts';
import type { TypeUrl } from './type-url.ts';

/** Everything that the proxies of one group shall have, immutable and shared by their streams. */
export interface Generation {
  /** Rises with each generation of a group. */
  readonly id: number;
  readonly resources: ReadonlyMap<TypeUrl, ReadonlyMap<string, AdsResource>>;
}

type ByName = ReadonlyMap<string, AdsResource>;

const nothing: ByName = new Map();

/** A generation's resources of one type; empty when it has none. */
export function resourcesOf(generation: Generation | undefined, typeUrl: TypeUrl): ByName {
  return generation?.resources.get(typeUrl) ?? nothing;
}

/** The step between two tables is the same for each stream that takes it, so it is kept for as long as both live. */
const steps = new WeakMap<ByName, WeakMap<ByName, readonly string[]>>();

/** The names that are new, gone or of another version. */
export function changedNames(before: ByName, after: ByName): readonly string[] {
  if (before === after) return [];
  const known = steps.get(before)?.get(after);
  if (known !== undefined) return known;
  const names: string[] = [];
  for (const [name, resource] of after) if (before.get(name)?.version !== resource.version) names.push(name);
  for (const name of before.keys()) if (!after.has(name)) names.push(name);
  const from = steps.get(before) ?? new WeakMap<ByName, readonly string[]>();
  from.set(after, names);
  steps.set(before, from);
  return names;
}
