import type { Gateway, ListenerSet } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import { certificateUses, type CertificateUse } from '../certificate-use.ts';
import type { TranslateOptions } from '../options.ts';
import type { Section } from '../section.ts';
import type { Condition } from '../translation.ts';
import { translateListener } from './listener.ts';
import type { ListenerParent } from './listener-parent.ts';
import type { ListenerConflicts } from './listener-precedence.ts';
import { diagnoseListenerSet, isAttached, listenerSetConditions } from './listener-set-status.ts';
import type { TakenPorts } from './taken-port.ts';

/** What the Gateway of a ListenerSet makes of it. */
export type ParentState =
  | 'Served'
  /** Bound nowhere: its addresses can't be used. */
  | 'NotProgrammed'
  | 'NotAccepted'
  /** Not accepted for how its Envoys are to be deployed; those that run serve on. */
  | 'ServedAsBefore'
  /** allowedListeners does not name the namespace. */
  | 'NotAllowed'
  /** It leads traffic out, by listeners of its own only. */
  | 'Egress';

/** All that a ListenerSet comes to. It is also what routes look up to attach. */
export interface ListenerSetTranslation extends ListenerParent {
  /** Whether it counts as one of the Gateway's (GatewayStatus.attachedListenerSets). */
  readonly attached: boolean;
  readonly sections: readonly Section[];
  readonly secrets: readonly TlsSecret[];
  readonly certificates: readonly CertificateUse[];
  readonly conditions: readonly Condition[];
  readonly diagnostics: readonly Diagnostic[];
}

function findRefusal(gateway: GatewayName, set: ListenerSet, state: ParentState): Problem | undefined {
  switch (state) {
    case 'NotAllowed': {
      const namespace = set.metadata.namespace ?? 'default';
      const message = `Gateway ${gateway} takes no ListenerSets from namespace ${namespace} (allowedListeners).`;
      return { reason: 'NotAllowed', message };
    }
    case 'Egress':
      return { reason: 'NotAllowed', message: `Gateway ${gateway} is an egress Gateway and takes no ListenerSets.` };
    case 'NotAccepted':
    case 'ServedAsBefore':
    case 'NotProgrammed':
    case 'Served':
      return undefined;
  }
}

/** Translates a ListenerSet for the Gateway of ours that it names. `conflicts` are those of its own listeners. */
export function translateListenerSet(
  read: Read,
  set: ListenerSet,
  gateway: Gateway,
  state: ParentState,
  conflicts: ListenerConflicts,
  options: TranslateOptions,
  taken: TakenPorts,
): ListenerSetTranslation {
  const name = gatewayName(gateway.metadata.namespace ?? 'default', gateway.metadata.name);
  const refusal = findRefusal(name, set, state);
  const owner = { gateway, object: set };
  const serving = state === 'Served' || state === 'ServedAsBefore' ? state : 'NotServed';
  const results =
    refusal === undefined
      ? set.spec.listeners.map((entry) =>
          translateListener(read, owner, entry, conflicts.get(entry.name), serving, options, taken),
        )
      : [];
  const listeners = results.map((result) => result.listener);
  const valid = results.filter((result) => result.valid).map((result) => result.listener);
  const conditions = listenerSetConditions(set, { gateway: name, state, refusal, listeners, valid });
  return {
    gateway: name,
    object: refOf(set),
    role: state === 'Egress' ? 'Egress' : 'Ingress',
    attached: isAttached(conditions),
    ...(refusal === undefined ? {} : { refusal }),
    listeners,
    sections: listeners.flatMap((listener) => listener.section ?? listener.reserved ?? []),
    secrets: results.flatMap((result) => result.secrets),
    certificates: certificateUses(results.flatMap((result) => result.certificates)),
    conditions,
    diagnostics: diagnoseListenerSet(set, listeners, conditions),
  };
}
