import { evaluateRetryBudget, findBackendTrafficPolicy } from '../../resolve/backend-traffic-policy.ts';
import type { Problem } from '../../resolve/problem.ts';
import { type ObjectTypes, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { BackendPolicyTranslation } from './backend-tls-policy.ts';
import { createConditionMaker, mergeProblems } from './condition.ts';
import type { RuleFindings } from './finding.ts';
import { ancestorsOf, type PolicyGateway } from './policy-ancestor.ts';
import { findConflict, resolveTargetService } from './policy-target.ts';
import { translateSessionPersistence } from './session-persistence.ts';

type XBackendTrafficPolicy = ObjectTypes['XBackendTrafficPolicy'];

type Target = XBackendTrafficPolicy['spec']['targetRefs'][number];

/** What stands in the way of one target: it is not there, or another policy decides for it. */
function checkTarget(read: Read, policy: XBackendTrafficPolicy, target: Target): Problem | undefined {
  const service = resolveTargetService(read, policy, target);
  if (!service.ok) return service.error;
  const key = `${policy.metadata.namespace ?? 'default'}/${target.name}`;
  return findConflict(policy, findBackendTrafficPolicy(read('trafficPoliciesOfService', key) ?? []), target);
}

/** What of the policy can't be followed; it has no effect. */
function findInvalid(policy: XBackendTrafficPolicy): readonly Problem[] {
  const budget = evaluateRetryBudget(policy);
  const findings: RuleFindings = { invalid: [], unresolved: [] };
  const { sessionPersistence } = policy.spec;
  if (sessionPersistence !== undefined) {
    translateSessionPersistence(sessionPersistence, '', 'spec.sessionPersistence', findings);
  }
  const sessions = findings.invalid.map(({ message }) => ({ reason: 'Invalid', message }));
  return budget.ok ? sessions : [budget.error, ...sessions];
}

/** The status of an XBackendTrafficPolicy, for the Gateways whose routes lead to a Service that it targets. */
export function translateBackendTrafficPolicy(
  read: Read,
  policy: XBackendTrafficPolicy,
  gateways: readonly PolicyGateway[],
  options: TranslateOptions,
): BackendPolicyTranslation {
  const { yes, no } = createConditionMaker(policy);
  const targets = policy.spec.targetRefs.flatMap((target) => checkTarget(read, policy, target) ?? []);
  const [refusal, ...more] = [...findInvalid(policy), ...targets];
  if (refusal === undefined) {
    const accepted = yes('Accepted', 'Accepted', 'The policy is in effect.');
    return { ancestors: ancestorsOf(gateways, [accepted], options), diagnostics: [] };
  }
  const problem = mergeProblems(refusal, more);
  return {
    ancestors: ancestorsOf(gateways, [no('Accepted', problem)], options),
    // What can't be read was told when it was read.
    diagnostics:
      policy.unreadable === undefined ? [{ severity: 'error', ...problem, object: refOf(policy), field: 'spec' }] : [],
  };
}
