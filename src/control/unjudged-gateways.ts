import { type Fields, fieldsOf } from '../lib/fields.ts';
import { gatewayName, type GatewayName } from '../ir/name.ts';
import type { InvalidObject } from '../kube/kept.ts';
import { type ObjectKey, objectKey, type ObjectRef } from '../snapshot/object.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/**
 * Gateways of which nobody can tell now what they come to. Their Envoys go on with what they have, and so does what was
 * said of what they serve: somebody who writes a DNS by statuses would otherwise take the names of it away.
 */
export interface UnjudgedGateways {
  /** Of a class of ours, and no version of them could be read. */
  readonly unreadable: ReadonlySet<GatewayName>;
  /** Their class is gone, and with it whose they are. */
  readonly classless: ReadonlySet<GatewayName>;
}

export const noUnjudgedGateways: UnjudgedGateways = { unreadable: new Set(), classless: new Set() };

function textAt(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

function classKey(name: string): ObjectKey {
  return objectKey({ kind: 'GatewayClass', namespace: '', name });
}

export function findUnjudgedGateways(
  { collections: { Gateway, GatewayClass } }: Snapshot,
  invalid: readonly InvalidObject[],
  controllerName: string,
): UnjudgedGateways {
  const unreadable = invalid.flatMap(({ ref, content }) => {
    if (ref.kind !== 'Gateway' || Gateway.has(objectKey(ref))) return [];
    const own = GatewayClass.get(classKey(textAt(fieldsOf(content['spec']), 'gatewayClassName') ?? ''));
    return own?.spec.controllerName === controllerName ? [gatewayName(ref.namespace, ref.name)] : [];
  });
  const classless = [...Gateway.values()].flatMap(({ metadata, spec }) =>
    GatewayClass.has(classKey(spec.gatewayClassName))
      ? []
      : [gatewayName(metadata.namespace ?? 'default', metadata.name)],
  );
  return { unreadable: new Set(unreadable), classless: new Set(classless) };
}

/**
 * Whether what was said of an object stays though nothing is to be said of it now. `entry` is one of its list by parents
 * or ancestors. Of an Ingress, and by a ListenerSet, it is not known any more which Gateway it was.
 */
export function isSpared(
  { unreadable, classless }: UnjudgedGateways,
  { namespace }: ObjectRef,
  entry: Fields = {},
): boolean {
  if (unreadable.size + classless.size === 0) return false;
  const parent = fieldsOf(entry['parentRef'] ?? entry['ancestorRef']);
  const name = textAt(parent, 'name');
  if (name === undefined || (textAt(parent, 'kind') ?? 'Gateway') !== 'Gateway') return unreadable.size > 0;
  const gateway = gatewayName(textAt(parent, 'namespace') ?? namespace, name);
  return unreadable.has(gateway) || classless.has(gateway);
}
