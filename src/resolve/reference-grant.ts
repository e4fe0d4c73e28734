import type { ReferenceGrant } from '../../gen/kubernetes/types.ts';
import type { Read } from '../snapshot/view.ts';

/** The kind of object that holds a reference, and where it lives. */
export interface ReferenceSource {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
}

/** The object that a reference names. */
export interface ReferenceTarget {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

function grants(grant: ReferenceGrant, from: ReferenceSource, to: ReferenceTarget): boolean {
  return (
    grant.spec.from.some(
      (entry) => entry.group === from.group && entry.kind === from.kind && entry.namespace === from.namespace,
    ) &&
    grant.spec.to.some(
      (entry) =>
        entry.group === to.group &&
        entry.kind === to.kind &&
        (entry.name === undefined || entry.name === '' || entry.name === to.name),
    )
  );
}

/** Whether the reference stays in its namespace or a ReferenceGrant beside its target allows it. */
export function isReferencePermitted(read: Read, from: ReferenceSource, to: ReferenceTarget): boolean {
  if (from.namespace === to.namespace) return true;
  return (read('grantsOfNamespace', to.namespace) ?? []).some((grant) => grants(grant, from, to));
}

/** The message for a reference that no grant allows. */
export function describeNotPermitted(from: ReferenceSource, to: ReferenceTarget): string {
  return (
    `${to.kind} ${to.namespace}/${to.name} is in another namespace; a ReferenceGrant in ${to.namespace} ` +
    `must allow ${from.kind} from ${from.namespace}.`
  );
}
