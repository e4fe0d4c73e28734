import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf, unreadableOf } from '../../snapshot/object.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker, mergeProblems } from './condition.ts';
import type { FieldProblem } from './finding.ts';
import type { ParentMatch } from './parent-ref.ts';
import type { AnyRoute } from './route-kind.ts';

/** A parentRef that leads nowhere. */
export interface ParentProblem {
  readonly field: string;
  readonly problem: Problem;
  readonly severity: 'error' | 'warning';
}

/** How one rule of a route fared, whatever its kind. */
export interface RuleOutcome {
  readonly index: number;
  readonly name?: string;
  /** Not empty: the rule is dropped, and refuses all that it matches. */
  readonly invalid: readonly FieldProblem[];
  readonly unresolved: readonly FieldProblem[];
}

/** What the rules of a route come to together. */
export interface RuleSummary {
  /** All rules are invalid. */
  readonly refusal?: Problem;
  readonly partial?: Problem;
  readonly unresolved?: Problem;
}

export function summarizeRules(route: AnyRoute, rules: readonly RuleOutcome[]): RuleSummary {
  const unreadable = unreadableOf(route);
  if (unreadable !== undefined) return { refusal: { reason: 'UnsupportedValue', message: unreadable } };
  const broken = rules.filter((rule) => rule.invalid.length > 0);
  const problems = broken.flatMap((rule) => rule.invalid);
  const [first, ...rest] = problems;
  const [unresolved, ...others] = rules.flatMap((rule) => rule.unresolved);
  const merged = first === undefined ? undefined : mergeProblems(first, rest);
  const dropped = broken.map((rule) => rule.name ?? String(rule.index)).join(', ');
  return {
    ...(merged !== undefined && broken.length === rules.length ? { refusal: merged } : {}),
    ...(merged !== undefined && broken.length < rules.length
      ? {
          partial: {
            reason: merged.reason,
            message: `Dropped Rule ${dropped}, which is answered 500: ${merged.message}`,
          },
        }
      : {}),
    ...(unresolved === undefined ? {} : { unresolved: mergeProblems(unresolved, others) }),
  };
}

/** The conditions of a route for one parent (RouteParentStatus). */
export function routeConditions(route: AnyRoute, match: ParentMatch, summary: RuleSummary): readonly Condition[] {
  const { yes, no } = createConditionMaker(route);
  const refusal = match.problem ?? summary.refusal;
  const { partial, unresolved } = summary;
  // Its references were not looked at.
  if (unreadableOf(route) !== undefined && refusal !== undefined) return [no('Accepted', refusal)];
  return [
    refusal === undefined ? yes('Accepted', 'Accepted', 'The route is attached.') : no('Accepted', refusal),
    unresolved === undefined
      ? yes('ResolvedRefs', 'ResolvedRefs', 'All references can be used.')
      : no('ResolvedRefs', unresolved),
    ...(partial === undefined || refusal !== undefined
      ? []
      : [yes('PartiallyInvalid', partial.reason, partial.message)]),
  ];
}

/** What is wrong with the rules and parents of a route, field by field. */
export function diagnoseRoute(
  route: AnyRoute,
  rules: readonly RuleOutcome[],
  parents: readonly ParentProblem[],
): readonly Diagnostic[] {
  const object = refOf(route);
  const diagnostics: Diagnostic[] = parents.map(({ field, problem, severity }) => ({
    severity,
    ...problem,
    object,
    field,
  }));
  for (const { field, reason, message } of rules.flatMap((rule) => [...rule.invalid, ...rule.unresolved])) {
    diagnostics.push({ severity: 'error', reason, message, object, field });
  }
  return diagnostics;
}
