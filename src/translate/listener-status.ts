import type { GatewayName } from '../ir/name.ts';
import { cutMessage } from './gateway-api/condition.ts';
import type { GatewayReach } from './gateway-api/gateway-reach.ts';
import type { ListenerTranslation } from './gateway-api/listener.ts';
import type { ListenerSetTranslation } from './gateway-api/listener-set.ts';
import { parentNotProgrammed } from './gateway-api/listener-set-status.ts';
import type { Condition, ObjectStatus } from './translation.ts';

/** How many Routes are attached to each listener, by Gateway and section name. */
export type AttachedRoutes = ReadonlyMap<string, number>;

export function attachedKey(gateway: GatewayName, section: string): string {
  return `${gateway} ${section}`;
}

/** The counts of some listeners of a Gateway, as plain values: where they are those of last time, so is the status. */
export function countsOf(
  gateway: GatewayName,
  listeners: readonly ListenerTranslation[],
  attached: AttachedRoutes,
): readonly number[] {
  return listeners.map(({ sectionName }) => attached.get(attachedKey(gateway, sectionName)) ?? 0);
}

/** The entries of `status.listeners` of a Gateway or a ListenerSet; `counts` are their `attachedRoutes`. */
export function listenerStatuses(
  listeners: readonly ListenerTranslation[],
  counts: readonly number[],
): readonly object[] {
  return listeners.map((listener, index) => ({
    name: listener.name,
    supportedKinds: listener.supportedKinds,
    attachedRoutes: counts[index] ?? 0,
    conditions: listener.conditions,
  }));
}

/** The conditions of a ListenerSet with what its Gateway's Services and Envoys say of it, and what Envoy refuses. */
function conditionsOf(
  set: ListenerSetTranslation,
  reach: GatewayReach,
  refused: string | undefined,
): readonly Condition[] {
  return set.conditions.map((condition) => {
    if (refused !== undefined) {
      return { ...condition, status: 'False', reason: 'Invalid', message: cutMessage(`Envoy refuses it: ${refused}`) };
    }
    const lost = reach.problem !== undefined && condition.type === 'Programmed' && condition.status === 'True';
    return lost ? { ...condition, status: 'False', ...parentNotProgrammed(set.gateway) } : condition;
  });
}

/** The status of a ListenerSet. `reach` is that of its Gateway, `refused` what Envoy says against it. */
export function listenerSetStatus(
  set: ListenerSetTranslation,
  reach: GatewayReach,
  refused: string | undefined,
  ...counts: readonly number[]
): ObjectStatus {
  const listeners = listenerStatuses(set.listeners, counts);
  return { ref: set.object, status: { conditions: conditionsOf(set, reach, refused), listeners } };
}
