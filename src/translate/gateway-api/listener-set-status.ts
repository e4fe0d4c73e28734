import type { ListenerSet } from '../../../gen/kubernetes/types.ts';
import type { GatewayName } from '../../ir/name.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker } from './condition.ts';
import { diagnoseListeners } from './gateway-status.ts';
import type { ListenerTranslation } from './listener.ts';
import type { ParentState } from './listener-set.ts';

/** What decides on the conditions of a ListenerSet. */
export interface ListenerSetSummary {
  readonly gateway: GatewayName;
  readonly state: ParentState;
  readonly refusal: Problem | undefined;
  readonly listeners: readonly ListenerTranslation[];
  /** Those that can be served where the Gateway is. */
  readonly valid: readonly ListenerTranslation[];
}

function names(listeners: readonly ListenerTranslation[]): string {
  return listeners.map((listener) => listener.name).join(', ');
}

/** What keeps the whole set from being served, and whether already from being accepted. */
function findProblem(
  summary: ListenerSetSummary,
): { readonly accepted: boolean; readonly problem: Problem } | undefined {
  const { gateway, state, refusal, listeners, valid } = summary;
  if (refusal !== undefined) return { accepted: false, problem: refusal };
  if (state === 'NotAccepted' || state === 'ServedAsBefore') {
    const message = `Gateway ${gateway} is not accepted.`;
    return { accepted: false, problem: { reason: 'ParentNotAccepted', message } };
  }
  if (valid.length === 0) {
    const message = `No listener is valid: ${names(listeners)}.`;
    return { accepted: false, problem: { reason: 'ListenersNotValid', message } };
  }
  if (state !== 'NotProgrammed') return undefined;
  return { accepted: true, problem: parentNotProgrammed(gateway) };
}

/** Of a ListenerSet whose Gateway can't be reached. */
export function parentNotProgrammed(gateway: GatewayName): Problem {
  return { reason: 'ParentNotProgrammed', message: `Gateway ${gateway} is not programmed.` };
}

/** The conditions of a ListenerSet (ListenerSetStatus.conditions). */
export function listenerSetConditions(set: ListenerSet, summary: ListenerSetSummary): readonly Condition[] {
  const { yes, no } = createConditionMaker(set);
  const { listeners, valid } = summary;
  const found = findProblem(summary);
  const invalid = listeners.filter((listener) => !valid.includes(listener));
  const reason = invalid.length === 0 ? 'Accepted' : 'ListenersNotValid';
  const message =
    invalid.length === 0
      ? 'The ListenerSet is valid.'
      : `Not valid: listener ${names(invalid)}. Accepted: ${names(valid)}.`;
  const served = invalid.length === 0 ? 'All listeners are served.' : `Served, apart from listener ${names(invalid)}.`;
  return [
    found?.accepted === false ? no('Accepted', found.problem) : yes('Accepted', reason, message),
    found === undefined ? yes('Programmed', 'Programmed', served) : no('Programmed', programmedProblem(found.problem)),
  ];
}

function programmedProblem({ reason, message }: Problem): Problem {
  return { reason: reason === 'ParentNotAccepted' ? 'ParentNotProgrammed' : reason, message };
}

/** A ListenerSet is one of its Gateway's when it is accepted (GatewayStatus.attachedListenerSets). */
export function isAttached(conditions: readonly Condition[]): boolean {
  return conditions.some((condition) => condition.type === 'Accepted' && condition.status === 'True');
}

/** What is wrong with a ListenerSet and its listeners, from their conditions. */
export function diagnoseListenerSet(
  set: ListenerSet,
  listeners: readonly ListenerTranslation[],
  own: readonly Condition[],
): readonly Diagnostic[] {
  const object = refOf(set);
  const accepted = own.find((condition) => condition.type === 'Accepted');
  const whole = accepted?.status === 'False' && accepted.reason !== 'ListenersNotValid' ? [accepted] : [];
  return [
    ...whole.map(({ reason, message }): Diagnostic => ({
      severity: 'error',
      reason,
      message,
      object,
      field: 'spec.parentRef',
    })),
    ...diagnoseListeners(set, listeners),
  ];
}
