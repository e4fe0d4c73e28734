import type { BackendTLSPolicy, ParentReference } from '../../../gen/kubernetes/types.ts';
import { evaluateBackendTlsPolicy, findPolicyOfSection } from '../../resolve/backend-tls-policy.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import { type Read, readObject } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition } from '../translation.ts';
import { gatewayGroup } from './allowed-routes.ts';
import { createConditionMaker, mergeProblems } from './condition.ts';

/** An entry of a policy's `status.ancestors`, without times. */
export interface PolicyAncestor {
  readonly ancestorRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

export interface BackendTlsPolicyTranslation {
  readonly ancestors: readonly PolicyAncestor[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A status holds no more (PolicyStatus.ancestors). */
const maxAncestors = 16;

type Target = BackendTLSPolicy['spec']['targetRefs'][number];

/** What stands in the way of one target: it is not there, or another policy decides for it. */
function checkTarget(read: Read, policy: BackendTLSPolicy, target: Target): Problem | undefined {
  const namespace = policy.metadata.namespace ?? 'default';
  if (target.group !== '' || target.kind !== 'Service') {
    const message = `${target.kind} ${target.name} can't be a target; Services can.`;
    return { reason: 'UnsupportedValue', message };
  }
  const service = readObject(read, 'Service', namespace, target.name);
  const section = target.sectionName === '' ? undefined : target.sectionName;
  if (service === undefined) {
    return { reason: 'TargetNotFound', message: `Service ${namespace}/${target.name} does not exist.` };
  }
  if (section !== undefined && !(service.spec?.ports ?? []).some((port) => port.name === section)) {
    return { reason: 'TargetNotFound', message: `Service ${namespace}/${target.name} has no port named ${section}.` };
  }
  const policies = read('backendTlsPoliciesOfService', `${namespace}/${target.name}`) ?? [];
  const winner = findPolicyOfSection(policies, target.name, section);
  if (winner === undefined || winner.metadata.name === policy.metadata.name) return undefined;
  const message = `BackendTLSPolicy ${winner.metadata.name} goes before this one for Service ${target.name}.`;
  return { reason: 'Conflicted', message };
}

/**
 * The status of a BackendTLSPolicy: one entry for each of `ancestors`, the Gateways (`namespace/name`) whose routes
 * lead to a Service that it targets. What the policy does to clusters is decided where they are made.
 */
export function translateBackendTlsPolicy(
  read: Read,
  policy: BackendTLSPolicy,
  ancestors: readonly { readonly namespace: string; readonly name: string }[],
  options: TranslateOptions,
): BackendTlsPolicyTranslation {
  const { yes, no } = createConditionMaker(policy);
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
    ancestors: ancestors.slice(0, maxAncestors).map(({ namespace, name }) => ({
      ancestorRef: { group: gatewayGroup, kind: 'Gateway', namespace, name },
      controllerName: options.controllerName,
      conditions,
    })),
    diagnostics,
  };
}
