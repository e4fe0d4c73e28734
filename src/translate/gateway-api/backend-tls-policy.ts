import { evaluateBackendTlsPolicy, findPolicyOfSection } from '../../resolve/backend-tls-policy.ts';
import { describeUnreadable, type Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { type ObjectTypes, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import { createConditionMaker, mergeProblems } from './condition.ts';
import { findConflict, resolveTargetService } from './policy-target.ts';
import { ancestorsOf, type PolicyAncestor, type PolicyGateway } from './policy-ancestor.ts';

type BackendTLSPolicy = ObjectTypes['BackendTLSPolicy'];

/** What is told of a policy for backends. */
export interface BackendPolicyTranslation {
  readonly ancestors: readonly PolicyAncestor[];
  readonly diagnostics: readonly Diagnostic[];
}

type Target = BackendTLSPolicy['spec']['targetRefs'][number];

/** What stands in the way of one target: it is not there, or another policy decides for it. */
function checkTarget(read: Read, policy: BackendTLSPolicy, target: Target): Problem | undefined {
  const service = resolveTargetService(read, policy, target);
  if (!service.ok) return service.error;
  const key = `${policy.metadata.namespace ?? 'default'}/${target.name}`;
  const section = target.sectionName === '' ? undefined : target.sectionName;
  if (section !== undefined && !(service.value.spec?.ports ?? []).some((port) => port.name === section)) {
    return { reason: 'TargetNotFound', message: `Service ${key} has no port named ${section}.` };
  }
  const policies = read('backendTlsPoliciesOfService', key) ?? [];
  return findConflict(policy, findPolicyOfSection(policies, target.name, section), target);
}

/**
 * The status of a BackendTLSPolicy: one entry for each of `ancestors`, the Gateways (`namespace/name`) whose routes
 * lead to a Service that it targets. What is wrong with one that can't be read was told with its file or by the watch.
 * What the policy does to clusters is decided where they are made.
 */
export function translateBackendTlsPolicy(
  read: Read,
  policy: BackendTLSPolicy,
  ancestors: readonly PolicyGateway[],
  options: TranslateOptions,
): BackendPolicyTranslation {
  const { yes, no } = createConditionMaker(policy);
  if (policy.unreadable !== undefined) {
    const refused = no('Accepted', describeUnreadable(policy.unreadable));
    return { ancestors: ancestorsOf(ancestors, [refused], options), diagnostics: [] };
  }
  const { problem, caProblems } = evaluateBackendTlsPolicy(read, policy);
  const targets = policy.spec.targetRefs.flatMap((target) => checkTarget(read, policy, target) ?? []);
  const [refusal, ...more] = [...targets, ...(problem === undefined ? [] : [problem])];
  const [unresolved, ...others] = caProblems;
  const conditions = [
    refusal === undefined
      ? yes('Accepted', 'Accepted', 'The policy is in effect.')
      : no('Accepted', mergeProblems(refusal, more)),
    unresolved === undefined
      ? yes('ResolvedRefs', 'ResolvedRefs', 'All references can be used.')
      : no('ResolvedRefs', mergeProblems(unresolved, others)),
  ];
  const object = refOf(policy);
  const diagnostics = conditions
    // Accepted says what ResolvedRefs does where nothing could be resolved.
    .filter(
      ({ type, status }) => status === 'False' && (type === 'Accepted' || problem?.reason !== 'NoValidCACertificate'),
    )
    .map(({ reason, message }): Diagnostic => ({ severity: 'error', reason, message, object, field: 'spec' }));
  return {
    ancestors: ancestorsOf(ancestors, conditions, options),
    diagnostics,
  };
}
