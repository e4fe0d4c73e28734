import type { Loss } from '../translation.ts';
import type { GatewayTranslation } from './gateway.ts';
import type { ListenerTranslation } from './listener.ts';

/** The conditions that tell why a listener does not serve, the one that tells most first. */
const telling: readonly string[] = ['Accepted', 'ResolvedRefs', 'Programmed'];

function lossOf({ name, gateway }: GatewayTranslation, listener: ListenerTranslation): readonly Loss[] {
  const failed = telling.flatMap((type) =>
    listener.conditions.filter((condition) => condition.type === type && condition.status === 'False'),
  );
  const [condition] = failed;
  if (condition === undefined) return [];
  const { reason, message } = condition;
  return [{ object: gateway, gateway: name, listener: listener.name, port: listener.port, reason, message }];
}

/** The listeners of Gateways that do not serve, and why. */
export function lossesOfListeners(gateways: readonly GatewayTranslation[]): readonly Loss[] {
  return gateways.flatMap((gateway) =>
    gateway.listeners.filter(({ section }) => section === undefined).flatMap((listener) => lossOf(gateway, listener)),
  );
}
