import type { HTTPRoute } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker, mergeProblems, unsupportedFieldsType } from './condition.ts';
import type { ParentMatch } from './parent-ref.ts';
import type { RuleTranslation } from './rule.ts';

/** A parentRef that leads nowhere. */
export interface ParentProblem {
  readonly field: string;
  readonly problem: Problem;
  readonly severity: 'error' | 'warning';
}

/** What the rules of a route come to together. */
export interface RuleSummary {
  /** All rules are invalid. */
  readonly refusal?: Problem;
  readonly partial?: Problem;
  readonly unresolved?: Problem;
  readonly unsupported?: Problem;
}

export function summarizeRules(route: HTTPRoute, rules: readonly RuleTranslation[]): RuleSummary {
  const broken = rules.filter((rule) => rule.invalid.length > 0);
  const problems = broken.flatMap((rule) => rule.invalid);
  const [first, ...rest] = problems;
  const [unresolved, ...others] = rules.flatMap((rule) => rule.unresolved);
  const scope = route.spec.useDefaultGateways;
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
    ...(scope === undefined || scope === 'None'
      ? {}
      : {
          unsupported: {
            reason: 'UnsupportedValue',
            message: `useDefaultGateways ${scope} has no effect: the route attaches by parentRefs only.`,
          },
        }),
  };
}

/** The conditions of a route for one parent (RouteParentStatus). */
export function routeConditions(route: HTTPRoute, match: ParentMatch, summary: RuleSummary): readonly Condition[] {
  const { yes, no } = createConditionMaker(route);
  const refusal = match.problem ?? summary.refusal;
  const { partial, unresolved, unsupported } = summary;
  return [
    refusal === undefined ? yes('Accepted', 'Accepted', 'The route is attached.') : no('Accepted', refusal),
    unresolved === undefined
      ? yes('ResolvedRefs', 'ResolvedRefs', 'All references can be used.')
      : no('ResolvedRefs', unresolved),
    ...(partial === undefined || refusal !== undefined
      ? []
      : [yes('PartiallyInvalid', partial.reason, partial.message)]),
    ...(unsupported === undefined ? [] : [yes(unsupportedFieldsType, unsupported.reason, unsupported.message)]),
  ];
}

/** What is wrong with the rules and parents of a route, field by field. */
export function diagnoseRoute(
  route: HTTPRoute,
  rules: readonly RuleTranslation[],
  summary: RuleSummary,
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
  if (summary.unsupported !== undefined) {
    diagnostics.push({ severity: 'warning', ...summary.unsupported, object, field: 'spec.useDefaultGateways' });
  }
  return diagnostics;
}
