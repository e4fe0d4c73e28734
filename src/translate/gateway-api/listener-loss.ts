import type { Loss } from '../translation.ts';
import type { ListenerTranslation } from './listener.ts';
import type { ListenerParent } from './listener-parent.ts';

/** The conditions that tell why a listener does not serve, the one that tells most first. */
const telling: readonly string[] = ['Accepted', 'ResolvedRefs', 'Programmed'];

function lossOf({ object, gateway }: ListenerParent, listener: ListenerTranslation): readonly Loss[] {
  const failed = telling.flatMap((type) =>
    listener.conditions.filter((condition) => condition.type === type && condition.status === 'False'),
  );
  const [condition] = failed;
  if (condition === undefined) return [];
  const { reason, message } = condition;
  return [{ object, gateway, listener: listener.sectionName, port: listener.port, reason, message }];
}

/** The listeners of a Gateway or a ListenerSet that do not serve, or a ListenerSet that is not taken, and why. */
export function lossesOfListeners(parent: ListenerParent): readonly Loss[] {
  const { object, gateway, refusal, listeners } = parent;
  if (refusal !== undefined) return [{ object, gateway, ...refusal }];
  return listeners.filter(({ section }) => section === undefined).flatMap((listener) => lossOf(parent, listener));
}
