import type { ObjectRef } from './object.ts';

/** Where in a file something stands; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A user's mistake, or something a user should know, as a value. `error`: the object, or the part that `field`
 * names, does not serve. `warning`: it serves, but perhaps not as meant.
 */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** A reason of the Gateway API where it has one, else one of ours; always CamelCase. */
  readonly reason: string;
  /** What is wrong and what to do, in one or two sentences, without secrets. */
  readonly message: string;
  readonly object?: ObjectRef;
  /** The field, as in `spec.rules[0].matches[1].path.value`. */
  readonly field?: string;
  readonly position?: Position;
}

/** The errors in one text, each with its field. */
export function describeErrors(diagnostics: readonly Diagnostic[]): string {
  return (
    diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ field, message }) => (field === undefined ? message : `${field}: ${message}`))
      // Messages of the rules in definitions have no full stop.
      .map((text) => (/[.!?]$/.test(text) ? text : `${text}.`))
      .join(' ')
  );
}
