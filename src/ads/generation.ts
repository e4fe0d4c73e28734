import type { Mark } from './mark.ts';
import type { AdsResource } from './resource.ts';
import type { TypeUrl } from './type-url.ts';

type ByName = ReadonlyMap<string, AdsResource>;

export type Resources = ReadonlyMap<TypeUrl, ByName>;

/** Everything that the proxies of one group shall have, immutable and shared by their streams. */
export interface Generation {
  /** Rises with each generation of a group. */
  readonly id: number;
  readonly resources: Resources;
  /** How far was read for it. Without, proxies are sent what differs, be it newer or older. */
  readonly mark?: Mark;
  /** What the proxies that are about to go shall have instead; called once, when there is one. */
  readonly draining?: () => Resources;
}

const variants = new WeakMap<Generation, Generation>();

/** The generation for a proxy that is about to go; the same one where that makes no difference. */
export function drainingVariant(generation: Generation): Generation {
  if (generation.draining === undefined) return generation;
  const known = variants.get(generation);
  if (known !== undefined) return known;
  const { draining, ...rest } = generation;
  const variant = { ...rest, resources: draining() };
  variants.set(generation, variant);
  return variant;
}

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
