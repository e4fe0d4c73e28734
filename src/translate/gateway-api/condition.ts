import type { AnyObject } from '../../snapshot/object.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Condition } from '../translation.ts';

/** Makes the conditions of one object: they all carry its generation. */
export interface ConditionMaker {
  readonly yes: (type: string, reason: string, message: string) => Condition;
  readonly no: (type: string, problem: Problem) => Condition;
}

export function createConditionMaker(object: AnyObject): ConditionMaker {
  const observedGeneration = object.metadata.generation ?? 0;
  return {
    yes: (type, reason, message) => ({ type, status: 'True', reason, message, observedGeneration }),
    no: (type, { reason, message }) => ({ type, status: 'False', reason, message, observedGeneration }),
  };
}

/** Says, beside what is served, which fields are not: the object serves all the same, without them. */
export const unsupportedFieldsType = 'sallyport.dev/UnsupportedFields';

/** Several problems as one: the first one's reason, and each message once. */
export function mergeProblems(first: Problem, rest: readonly Problem[]): Problem {
  return { reason: first.reason, message: [...new Set([first, ...rest].map((entry) => entry.message))].join(' ') };
}
