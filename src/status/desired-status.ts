import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '../lib/fields.ts';
import { compareRefs, objectKey, type ObjectKey, type ObjectRef } from '../snapshot/object.ts';

/** The status that an object is to have. */
export interface DesiredStatus {
  readonly ref: ObjectRef;
  readonly status: unknown;
}

interface Changes {
  readonly come: readonly DesiredStatus[];
  readonly gone: Map<ObjectKey, ObjectRef>;
}

/** Where two sorted lists differ, found in one walk: a route that comes also changes the count of its Gateway, far from it. */
export function findChanges(before: readonly DesiredStatus[], after: readonly DesiredStatus[]): Changes {
  const come: DesiredStatus[] = [];
  const gone = new Map<ObjectKey, ObjectRef>();
  let at = 0;
  for (const entry of after) {
    if (before[at] === entry) {
      at += 1;
      continue;
    }
    for (let old = before[at]; old !== undefined && compareRefs(old.ref, entry.ref) < 0; old = before[at]) {
      gone.set(objectKey(old.ref), old.ref);
      at += 1;
    }
    const old = before[at];
    if (old !== entry) come.push(entry);
    if (old !== undefined && compareRefs(old.ref, entry.ref) === 0) at += 1;
  }
  for (const { ref } of before.slice(at)) gone.set(objectKey(ref), ref);
  return { come, gone };
}

/** Whether two statuses of an object say the same. Most are made anew from parts that kept their identity. */
export function isSameStatus(a: unknown, b: unknown): boolean {
  // Statuses are what translation makes for the kind: objects.
  const [before, after] = [a as Fields, b as Fields];
  const fields = Object.keys(after);
  const isShallowSame =
    fields.length === Object.keys(before).length && fields.every((field) => before[field] === after[field]);
  return isShallowSame || isDeepStrictEqual(a, b);
}
