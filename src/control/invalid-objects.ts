import { type Fields, fieldsOf } from '../lib/fields.ts';
import type { GatewayClass } from '../../gen/kubernetes/types.ts';
import { gatewayName } from '../ir/name.ts';
import type { InvalidObject } from '../kube/kept.ts';
import { describeErrors } from '../snapshot/diagnostic.ts';
import { type Kind, type ObjectKey, objectKey } from '../snapshot/object.ts';
import type { Condition, ObjectStatus, OwnGateway } from '../translate/translation.ts';

/** By what is seen whether an object is ours to judge. */
export interface Judges {
  readonly controllerName: string;
  readonly gateways: readonly OwnGateway[];
  readonly classes: ReadonlyMap<ObjectKey, GatewayClass>;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function describe({ diagnostics }: InvalidObject, isServed: boolean): string {
  const problems = describeErrors(diagnostics);
  return isServed ? `${problems} Until it is put right, what it said before is served.` : problems;
}

/** The reason of the Gateway API for an object that can't be served as it is. */
function reasonFor(kind: Kind): string {
  return kind === 'Gateway' || kind === 'BackendTLSPolicy' || kind === 'XBackendTrafficPolicy'
    ? 'Invalid'
    : 'UnsupportedValue';
}

/** The Gateways of ours that a reference to a parent names; what else it says may be wrong. */
function isOwnParent(parent: Fields, namespace: string, { gateways }: Judges): boolean {
  const { group = 'gateway.networking.k8s.io', kind = 'Gateway', name } = parent;
  const wanted = gatewayName(typeof parent['namespace'] === 'string' ? parent['namespace'] : namespace, String(name));
  return group === 'gateway.networking.k8s.io' && kind === 'Gateway' && gateways.some((own) => own.name === wanted);
}

/** The status of an object of which no version ever passed; undefined where it is not ours, or has no conditions. */
function statusOf(object: InvalidObject, accepted: Condition, judges: Judges): Fields | undefined {
  const { ref, content } = object;
  const spec = fieldsOf(content['spec']);
  const { controllerName, classes } = judges;
  switch (ref.kind) {
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TLSRoute':
    case 'TCPRoute':
    case 'UDPRoute': {
      const own = listOf(spec['parentRefs']).filter((parent) => isOwnParent(parent, ref.namespace, judges));
      if (own.length === 0) return undefined;
      return { parents: own.map((parentRef) => ({ parentRef, controllerName, conditions: [accepted] })) };
    }
    case 'Gateway': {
      const name = String(spec['gatewayClassName']);
      const gatewayClass = classes.get(objectKey({ kind: 'GatewayClass', namespace: '', name }));
      if (gatewayClass?.spec.controllerName !== controllerName) return undefined;
      const { addresses, listeners, attachedListenerSets } = fieldsOf(object.status);
      // Its Envoys serve on, and are where they were.
      const before = Object.entries({ addresses, listeners, attachedListenerSets }).filter(
        ([, value]) => value !== undefined,
      );
      return {
        ...Object.fromEntries(before),
        conditions: [accepted, { ...accepted, type: 'Programmed' }],
      };
    }
    case 'ListenerSet': {
      if (!isOwnParent(fieldsOf(spec['parentRef']), ref.namespace, judges)) return undefined;
      return { conditions: [accepted, { ...accepted, type: 'Programmed' }] };
    }
    case 'GatewayClass':
      return spec['controllerName'] === controllerName ? { conditions: [accepted] } : undefined;
    case 'Egress':
      return { conditions: [accepted] };
    default:
      return undefined;
  }
}

/** The status of what is served by its last version that passed, with the word on the newest. */
function withRefusal(status: unknown, accepted: Condition): Fields {
  const refuse = (value: unknown) =>
    listOf(value).map((condition) => (condition['type'] === 'Accepted' ? accepted : condition));
  const fields = fieldsOf(status);
  const refuseEach = (list: 'parents' | 'ancestors') =>
    list in fields
      ? { [list]: listOf(fields[list]).map((one) => ({ ...one, conditions: refuse(one['conditions']) })) }
      : {};
  return {
    ...fields,
    ...('conditions' in fields ? { conditions: refuse(fields['conditions']) } : {}),
    ...refuseEach('parents'),
    ...refuseEach('ancestors'),
  };
}

/**
 * The statuses with those of objects that the API server took and that do not pass here, because its definitions are
 * older or were loosened: Accepted is False and says which field is wrong.
 */
export function withInvalidObjects(
  statuses: readonly ObjectStatus[],
  invalid: readonly InvalidObject[],
  judges: Judges,
): readonly ObjectStatus[] {
  if (invalid.length === 0) return statuses;
  const left = new Map(invalid.map((object) => [objectKey(object.ref), object]));
  const accepted = (object: InvalidObject, isServed: boolean): Condition => ({
    type: 'Accepted',
    status: 'False',
    reason: reasonFor(object.ref.kind),
    message: describe(object, isServed),
    observedGeneration: object.generation,
  });
  const known = statuses.map((entry) => {
    const key = objectKey(entry.ref);
    const object = left.get(key);
    if (object === undefined) return entry;
    left.delete(key);
    return { ...entry, status: withRefusal(entry.status, accepted(object, true)) };
  });
  const others = [...left.values()].flatMap((object) => {
    const status = statusOf(object, accepted(object, false), judges);
    return status === undefined ? [] : [{ ref: object.ref, status }];
  });
  return [...known, ...others];
}
