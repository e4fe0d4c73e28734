import type { Problem } from '../../resolve/problem.ts';

/** A problem and the field it is about, as in `spec.rules[0].filters[1]`. */
export interface FieldProblem extends Problem {
  readonly field: string;
}

/** Collects what is wrong with one rule of a route while it is translated. */
export interface RuleFindings {
  /** The rule can't be served as written: its matches are answered 500 (Accepted, PartiallyInvalid). */
  readonly invalid: FieldProblem[];
  /** References that can't be used (ResolvedRefs). */
  readonly unresolved: FieldProblem[];
}

/** Notes that a field can not be served as written, and gives undefined in its place. */
export function refuse(findings: RuleFindings, field: string, message: string, reason = 'UnsupportedValue'): undefined {
  findings.invalid.push({ reason, message, field });
  return undefined;
}
