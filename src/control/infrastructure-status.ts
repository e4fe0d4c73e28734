import type { InfrastructureProblems } from '../infra/kubernetes/infrastructure.ts';
import type { GatewayName } from '../ir/name.ts';
import { type ObjectKey, objectKey } from '../snapshot/object.ts';
import type { Condition, ObjectStatus, OwnGateway } from '../translate/translation.ts';

interface WithConditions {
  readonly conditions: readonly Condition[];
}

function hasConditions(status: unknown): status is WithConditions {
  return typeof status === 'object' && status !== null && 'conditions' in status && Array.isArray(status.conditions);
}

/** What a Gateway with a mistake of its own says of that is more than what its Envoys lack. */
const pending: ReadonlySet<string> = new Set(['AddressNotAssigned', 'AddressNotUsable', 'NoResources', 'Pending']);

function tell(condition: Condition, problem: string): Condition {
  if (condition.type !== 'Programmed') return condition;
  // What is there serves on: the problem is told beside.
  if (condition.status === 'True') return { ...condition, message: `${condition.message} ${problem}` };
  if (!pending.has(condition.reason)) return condition;
  return { ...condition, message: `${problem} ${condition.message}` };
}

/** The statuses with what stands in the way of the Envoys of Gateways, in the condition Programmed. */
export function withInfrastructureProblems(
  statuses: readonly ObjectStatus[],
  gateways: readonly OwnGateway[],
  problems: InfrastructureProblems,
): readonly ObjectStatus[] {
  if (problems.size === 0) return statuses;
  const names = new Map<ObjectKey, GatewayName>(gateways.map(({ name, gateway }) => [objectKey(gateway), name]));
  return statuses.map((entry) => {
    const name = names.get(objectKey(entry.ref));
    const problem = name === undefined ? undefined : problems.get(name);
    if (problem === undefined || !hasConditions(entry.status)) return entry;
    const conditions = entry.status.conditions.map((condition) => tell(condition, problem.message));
    return { ...entry, status: { ...entry.status, conditions } };
  });
}
