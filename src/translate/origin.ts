import type { Origin } from '../ir/name.ts';
import type { ObjectRef } from '../snapshot/object.ts';

/** The object that an origin names: during translation it is the object's key. */
export function refOfOrigin(origin: Origin): ObjectRef {
  const [kind = '', namespace = '', name = ''] = origin.split('/');
  return { kind: kind as ObjectRef['kind'], namespace, name };
}
