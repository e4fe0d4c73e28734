import type { Service } from '../../../gen/kubernetes/types.ts';
import { err, ok, type Result } from '../../lib/result.ts';
import type { Problem } from '../../resolve/problem.ts';
import { type Read, readObject } from '../../snapshot/view.ts';

/** A policy for Services of its own namespace. */
interface ServicePolicy {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

interface Target {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** The Service that a policy targets (LocalPolicyTargetReference). */
export function resolveTargetService(read: Read, policy: ServicePolicy, target: Target): Result<Service, Problem> {
  const { namespace = 'default' } = policy.metadata;
  if (target.group !== '' || target.kind !== 'Service') {
    const message = `${target.kind} ${target.name} can't be a target; Services can.`;
    return err({ reason: 'UnsupportedValue', message });
  }
  const service = readObject(read, 'Service', namespace, target.name);
  if (service !== undefined) return ok(service);
  return err({ reason: 'TargetNotFound', message: `Service ${namespace}/${target.name} does not exist.` });
}

/** What stands in the way of a policy where another one, or none, decides for the target. */
export function findConflict(
  policy: ServicePolicy,
  winner: ServicePolicy | undefined,
  target: Target,
): Problem | undefined {
  if (winner === undefined || winner.metadata.name === policy.metadata.name) return undefined;
  const message = `${policy.kind} ${winner.metadata.name} goes before this one for Service ${target.name}.`;
  return { reason: 'Conflicted', message };
}
