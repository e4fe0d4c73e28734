import { contentHash } from '../../lib/hash.ts';
import type { KubernetesObject } from './object.ts';
import { parseQuantity } from './quantity.ts';

/** Tells what was applied last: without it nobody would see that a field is no longer wanted. */
const appliedAnnotation = 'sallyport.dev/applied';

/** The object with a mark of its content. */
export function marked(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, [appliedAnnotation]: contentHash(JSON.stringify(object)) };
  return { ...object, metadata: { ...metadata, annotations } };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isSameText(live: unknown, wanted: unknown): boolean {
  if (typeof live !== 'string' || (typeof wanted !== 'string' && typeof wanted !== 'number')) return false;
  // The API server writes quantities in its own way, such as 500m for 0.5.
  const quantity = parseQuantity(live);
  return quantity !== undefined && quantity === parseQuantity(String(wanted));
}

/** Whether all that is wanted is there; what the API server and others have added does not count. */
function covers(live: unknown, wanted: unknown): boolean {
  if (live === wanted) return true;
  if (live === undefined) return isEmpty(wanted);
  if (Array.isArray(wanted)) {
    return Array.isArray(live) && live.length === wanted.length && wanted.every((item, i) => covers(live[i], item));
  }
  if (typeof wanted === 'object' && wanted !== null && typeof live === 'object' && live !== null) {
    return Object.entries(wanted).every(([key, value]) => covers(Reflect.get(live, key), value));
  }
  return isSameText(live, wanted);
}

/** Whether a marked object has to be applied again: something else is wanted, or others have changed what was. */
export function differs(live: KubernetesObject | undefined, wanted: KubernetesObject): boolean {
  return live === undefined || !covers(live, wanted);
}
