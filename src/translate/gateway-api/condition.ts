import type { AnyObject } from '../../snapshot/object.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Condition } from '../translation.ts';

/** Makes the conditions of one object: they all carry its generation. */
export interface ConditionMaker {
  readonly yes: (type: string, reason: string, message: string) => Condition;
  readonly no: (type: string, problem: Problem) => Condition;
}

// The API server takes 32,768 characters; all conditions of a route's 32 parents must fit into one object besides.
const maxMessageLength = 8192;

/** A message as a condition may carry it: what Envoy says, or what many rules come to, can be longer. */
export function cutMessage(message: string): string {
  if (message.length <= maxMessageLength) return message;
  return `${message.slice(0, maxMessageLength - 2)} …`.toWellFormed();
}

export function createConditionMaker(object: AnyObject): ConditionMaker {
  const observedGeneration = object.metadata.generation ?? 0;
  return {
    yes: (type, reason, message) => ({
      type,
      status: 'True',
      reason,
      message: cutMessage(message),
      observedGeneration,
    }),
    no: (type, { reason, message }) => ({
      type,
      status: 'False',
      reason,
      message: cutMessage(message),
      observedGeneration,
    }),
  };
}

/** Says, beside what is served, which fields are not: the object serves all the same, without them. */
export const unsupportedFieldsType = 'sallyport.dev/UnsupportedFields';

/** Several problems as one: the first one's reason, and each message once. */
export function mergeProblems(first: Problem, rest: readonly Problem[]): Problem {
  return { reason: first.reason, message: [...new Set([first, ...rest].map((entry) => entry.message))].join(' ') };
}
