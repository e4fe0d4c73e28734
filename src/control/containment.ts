import type { Origin } from '../ir/name.ts';

/*
 * Envoy refuses a whole resource and does not say which of the objects in it is at fault. The search tries the
 * suspects in halves: what Envoy accepts is innocent, what it refuses is split, until single objects are left. Objects
 * that are not suspects serve all the time, innocent ones from the moment they are known to be.
 */

interface Group {
  readonly members: readonly Origin[];
  /** The other half of a refused group: if that half turns out innocent, this one must be guilty. */
  readonly guiltyIfSiblingInnocent: boolean;
}

/** The search of one refused resource. */
export interface Search {
  /** Left out for good, until they change, with Envoy's words. */
  readonly guilty: ReadonlyMap<Origin, string>;
  /** Served on trial; Envoy's next answer is about them. */
  readonly probing: readonly Origin[] | undefined;
  /** Left out until it is their turn; the last is next. */
  readonly waiting: readonly Group[];
}

function halves(members: readonly Origin[]): readonly [readonly Origin[], readonly Origin[]] {
  const middle = Math.ceil(members.length / 2);
  return [members.slice(0, middle), members.slice(middle)];
}

/** Goes on with a group that holds a guilty object: names it, or tries the first half. */
function narrow(search: Search, members: readonly Origin[], message: string): Search {
  const [only, second] = members;
  if (only !== undefined && second === undefined) {
    return next({ ...search, guilty: new Map(search.guilty).set(only, message) });
  }
  const [first, rest] = halves(members);
  return {
    ...search,
    probing: first,
    waiting: [...search.waiting, { members: rest, guiltyIfSiblingInnocent: true }],
  };
}

function next(search: Search): Search {
  const group = search.waiting.at(-1);
  return { ...search, probing: group?.members, waiting: search.waiting.slice(0, -1) };
}

/** Starts after a refusal. `likely` are suspects that Envoy's message hints at: the others are tried at once. */
export function startSearch(suspects: readonly Origin[], likely: ReadonlySet<Origin>, message: string): Search {
  const hinted = suspects.filter((origin) => likely.has(origin));
  const others = suspects.filter((origin) => !likely.has(origin));
  const empty: Search = { guilty: new Map(), probing: undefined, waiting: [] };
  if (hinted.length === 0 || others.length === 0) return narrow(empty, suspects, message);
  return { ...empty, probing: others, waiting: [{ members: hinted, guiltyIfSiblingInnocent: true }] };
}

/** Envoy has accepted the resource with the probed objects in it. */
export function probeAccepted(search: Search, message: string): Search {
  const sibling = search.waiting.at(-1);
  if (sibling?.guiltyIfSiblingInnocent === true) {
    return narrow({ ...search, probing: undefined, waiting: search.waiting.slice(0, -1) }, sibling.members, message);
  }
  return next(search);
}

/** Envoy has refused the resource with the probed objects in it. */
export function probeRefused(search: Search, message: string): Search {
  const sibling = search.waiting.at(-1);
  const waiting =
    sibling === undefined
      ? search.waiting
      : [...search.waiting.slice(0, -1), { members: sibling.members, guiltyIfSiblingInnocent: false }];
  return narrow({ ...search, probing: undefined, waiting }, search.probing ?? [], message);
}

/** The objects to leave out for now. */
export function leftOut(search: Search): ReadonlySet<Origin> {
  return new Set([...search.guilty.keys(), ...search.waiting.flatMap((group) => group.members)]);
}

/** Whether every suspect is known to be guilty or innocent. */
export function isFinished(search: Search): boolean {
  return search.probing === undefined && search.waiting.length === 0;
}
