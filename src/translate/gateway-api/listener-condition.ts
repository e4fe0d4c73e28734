import type { AnyObject } from '../../snapshot/object.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker, mergeProblems } from './condition.ts';

/** What stands against a listener. */
export interface ListenerProblems {
  /** Accepted=False */
  readonly refusals: readonly Problem[];
  /** ResolvedRefs=False */
  readonly unresolved: readonly Problem[];
  /** Conflicted=True */
  readonly conflict: Problem | undefined;
}

/** The conditions that every listener has (Gateway API, ListenerConditionType). */
export function listenerConditions(
  object: AnyObject,
  { refusals, unresolved, conflict }: ListenerProblems,
  programmed: boolean,
): readonly Condition[] {
  const { yes, no } = createConditionMaker(object);
  const [refusal, ...otherRefusals] = refusals;
  const [missing, ...othersMissing] = unresolved;
  const why = [...refusals, ...unresolved].map((problem) => problem.message).join(' ');
  return [
    refusal === undefined
      ? yes('Accepted', 'Accepted', 'The listener is valid.')
      : no('Accepted', mergeProblems(refusal, otherRefusals)),
    programmed
      ? yes('Programmed', 'Programmed', 'The listener is served.')
      : no('Programmed', { reason: conflict?.reason ?? 'Invalid', message: why || 'The Gateway is not accepted.' }),
    missing === undefined
      ? yes('ResolvedRefs', 'ResolvedRefs', 'All references can be used.')
      : no('ResolvedRefs', mergeProblems(missing, othersMissing)),
    conflict === undefined
      ? no('Conflicted', { reason: 'NoConflicts', message: 'No other listener is in the way.' })
      : yes('Conflicted', conflict.reason, conflict.message),
  ];
}
