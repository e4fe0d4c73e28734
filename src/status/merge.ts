import { isDeepStrictEqual } from 'node:util';
import { type Fields, isFields } from '../lib/fields.ts';
import type { Kind, ObjectRef } from '../snapshot/object.ts';
import type { LiveStatus, StatusWrite } from './live-status.ts';

/** How the status of a kind is shared with other controllers. */
type Sharing =
  /** One status for all, its lists are maps: server-side apply keeps everybody's own fields. */
  | { readonly kind: 'Maps' }
  /** A list of entries, each with the name of its controller; the list is atomic. */
  | {
      readonly kind: 'Entries';
      readonly list: 'parents' | 'ancestors';
      readonly key: string;
      readonly most: number;
      /** Conditions of the object as a whole are beside the list: one controller's, the first by name of those in it. */
      readonly conditions?: true;
    }
  /** One field that belongs to whoever serves the object. */
  | { readonly kind: 'Field'; readonly field: string };

const parents: Sharing = { kind: 'Entries', list: 'parents', key: 'parentRef', most: 32 };
const ancestors: Sharing = { kind: 'Entries', list: 'ancestors', key: 'ancestorRef', most: 16 };

const sharings: { readonly [K in Kind]?: Sharing } = {
  BackendTLSPolicy: ancestors,
  Egress: { ...parents, conditions: true },
  GRPCRoute: parents,
  Gateway: { kind: 'Maps' },
  GatewayClass: { kind: 'Maps' },
  HTTPRoute: parents,
  Ingress: { kind: 'Field', field: 'loadBalancer' },
  ListenerSet: { kind: 'Maps' },
  TCPRoute: parents,
  TLSRoute: parents,
  UDPRoute: parents,
  XBackend: parents,
  XBackendTrafficPolicy: ancestors,
};

/** Kinds that have a status for Sallyport to write. */
export function hasStatus(kind: Kind): boolean {
  return sharings[kind] !== undefined;
}

/** What a merge needs to know beside the two statuses. */
export interface MergeContext {
  readonly controllerName: string;
  /** RFC 3339 in UTC, whole seconds: the lastTransitionTime of conditions that turn. */
  readonly now: string;
  /** What was last said of an object that has nothing of ours any more. */
  readonly left?: Fields | undefined;
  /** Whether what was said stays though it is not among what is to be said; `entry` is of a list. */
  readonly spares?: (entry?: Fields) => boolean;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function withoutTime(condition: Fields): Fields {
  const { lastTransitionTime: _, ...rest } = condition;
  return rest;
}

/** Puts times to conditions: the old one where the status of the type stays (Condition.lastTransitionTime). */
function timeConditions(desired: readonly Fields[], live: readonly Fields[], now: string): readonly Fields[] {
  return desired.map((condition) => {
    const before = live.find(({ type }) => type === condition['type']);
    const time = before?.['status'] === condition['status'] ? (before?.['lastTransitionTime'] ?? now) : now;
    return { ...condition, lastTransitionTime: time };
  });
}

function sameConditions(desired: readonly Fields[], live: readonly Fields[]): boolean {
  if (desired.length !== live.length) return false;
  const byType = new Map(live.map((condition) => [condition['type'], withoutTime(condition)]));
  return desired.every((condition) => isDeepStrictEqual(withoutTime(condition), byType.get(condition['type'])));
}

/** Equal for a reader: an absent list and an empty one are the same, and conditions are compared without times. */
function sameFields(desired: Fields, live: Fields): boolean {
  return Object.entries(desired).every(([field, value]) => {
    const other = live[field];
    if (field === 'conditions') return sameConditions(listOf(value), listOf(other));
    if (Array.isArray(value) && value.length === 0) return other === undefined || listOf(other).length === 0;
    return isDeepStrictEqual(value, other);
  });
}

function mergeEntries(
  { list, key, most, conditions }: Extract<Sharing, { kind: 'Entries' }>,
  desired: Fields,
  live: Fields,
  { controllerName, now, spares }: MergeContext,
): Fields | undefined {
  const all = listOf(live[list]);
  const isWanted = (entry: Fields) =>
    listOf(desired[list]).some((candidate) => isDeepStrictEqual(candidate[key], entry[key]));
  const isOurs = (entry: Fields) =>
    entry['controllerName'] === controllerName && (spares?.(entry) !== true || isWanted(entry));
  const others = all.filter((entry) => !isOurs(entry));
  const ours = all.filter(isOurs);
  const wanted = listOf(desired[list]).slice(0, Math.max(0, most - others.length));
  const pairs = wanted.map((entry) => ({
    entry,
    before: ours.find((candidate) => isDeepStrictEqual(candidate[key], entry[key])),
  }));
  const isSame =
    ours.length === wanted.length &&
    pairs.every(({ entry, before }) => before !== undefined && sameFields(entry, before));
  const whole = conditions === true ? mergeWhole(desired, live, others, { controllerName, now }) : undefined;
  if (isSame && whole === undefined) return undefined;
  const timed = pairs.map(({ entry, before }) => ({
    ...entry,
    conditions: timeConditions(listOf(entry['conditions']), listOf(before?.['conditions']), now),
  }));
  return { [list]: [...others, ...timed], ...(whole === undefined ? {} : { conditions: whole }) };
}

/** Conditions beside a list of entries, where they differ and are ours to write. */
function mergeWhole(
  desired: Fields,
  live: Fields,
  others: readonly Fields[],
  { controllerName, now }: MergeContext,
): readonly Fields[] | undefined {
  // Entries of ours that are spared are among them.
  const isFirst = others.every((entry) => controllerName <= String(entry['controllerName']));
  const [wanted, before] = [listOf(desired['conditions']), listOf(live['conditions'])];
  if (!isFirst || sameConditions(wanted, before)) return undefined;
  return timeConditions(wanted, before, now);
}

/** Condition types that a Gateway's or ListenerSet's owner sets now and then; others belong to somebody else. */
const ownTypes: ReadonlySet<unknown> = new Set([
  'Accepted',
  'Programmed',
  'ResolvedRefs',
  'Conflicted',
  'OverlappingTLSConfig',
  'InsecureFrontendValidationMode',
  'SupportedVersion',
]);

function isOwn(type: unknown, desired: readonly Fields[]): boolean {
  if (ownTypes.has(type) || (typeof type === 'string' && type.startsWith('sallyport.dev/'))) return true;
  return desired.some((condition) => condition['type'] === type);
}

function ownConditions(live: unknown, desired: unknown): readonly Fields[] {
  return listOf(live).filter(({ type }) => isOwn(type, listOf(desired)));
}

/** A listener of the status with times; undefined `before`: a new one. */
function timeListener(listener: Fields, before: Fields | undefined, now: string): Fields {
  const conditions = timeConditions(listOf(listener['conditions']), listOf(before?.['conditions']), now);
  return { ...listener, conditions };
}

function mergeMaps(desired: Fields, live: Fields, { now }: MergeContext): Fields | undefined {
  const conditions = ownConditions(live['conditions'], desired['conditions']);
  const before = listOf(live['listeners']);
  const listeners = listOf(desired['listeners']);
  const pairs = listeners.map((listener) => ({
    listener,
    known: before.find(({ name }) => name === listener['name']),
  }));
  const { listeners: _, ...rest } = desired;
  const isSame =
    sameFields(rest, { ...live, conditions }) &&
    before.length === listeners.length &&
    pairs.every(({ listener, known }) => known !== undefined && sameFields(listener, known));
  if (isSame) return undefined;
  return {
    ...desired,
    ...(desired['conditions'] === undefined
      ? {}
      : { conditions: timeConditions(listOf(desired['conditions']), conditions, now) }),
    ...(desired['listeners'] === undefined
      ? {}
      : { listeners: pairs.map(({ listener, known }) => timeListener(listener, known, now)) }),
  };
}

/**
 * What has to be written so that an object's status says `desired`; undefined where it does already. Nothing of another
 * controller is touched. `desired` undefined: nothing is ours to say, and what was said before is taken back where it
 * can be told from what others say.
 */
export function mergeStatus(
  ref: ObjectRef,
  desired: Fields | undefined,
  live: LiveStatus,
  context: MergeContext,
): StatusWrite | undefined {
  const sharing = sharings[ref.kind];
  if (sharing === undefined) return undefined;
  const { resourceVersion } = live;
  switch (sharing.kind) {
    case 'Entries': {
      const status = mergeEntries(sharing, desired ?? {}, live.status, context);
      return status === undefined
        ? undefined
        : { kind: 'Replace', ref, status: { ...live.status, ...status }, resourceVersion };
    }
    case 'Maps': {
      const status = desired === undefined ? undefined : mergeMaps(desired, live.status, context);
      return status === undefined ? undefined : { kind: 'Apply', ref, status };
    }
    case 'Field': {
      const { field } = sharing;
      const before = live.status[field] ?? {};
      if (isDeepStrictEqual(desired?.[field] ?? {}, {}) && context.spares?.() === true) return undefined;
      // The field names nobody: what is still as it was left is ours to take back.
      const wanted = desired?.[field] ?? (isDeepStrictEqual(context.left?.[field], before) ? {} : before);
      if (isDeepStrictEqual(wanted, before)) return undefined;
      return { kind: 'Replace', ref, status: { ...live.status, [field]: wanted }, resourceVersion };
    }
  }
}
