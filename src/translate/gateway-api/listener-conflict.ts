import type { Listener } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';

function hostnameOf(listener: Listener): string {
  return listener.hostname === undefined || listener.hostname === '' ? '*' : listener.hostname.toLowerCase();
}

/**
 * The listeners of one Gateway that can't be told apart, with the reason (GatewaySpec.listeners, "Distinct
 * Listeners"). None of them wins. `listeners` are those whose protocol is served: one that is not can't conflict.
 */
export function findListenerConflicts(listeners: readonly Listener[]): ReadonlyMap<string, Problem> {
  const conflicts = new Map<string, Problem>();
  for (const listener of listeners) {
    const samePort = listeners.filter((other) => other !== listener && other.port === listener.port);
    const protocols = samePort.filter((other) => other.protocol !== listener.protocol);
    if (protocols.length > 0) {
      const others = protocols.map((other) => `${other.name} (${other.protocol})`).join(', ');
      const message = `Port ${listener.port} can speak one protocol only; it is also asked for by listener ${others}.`;
      conflicts.set(listener.name, { reason: 'ProtocolConflict', message });
      continue;
    }
    const hostnames = samePort.filter((other) => hostnameOf(other) === hostnameOf(listener));
    if (hostnames.length === 0) continue;
    const others = hostnames.map((other) => other.name).join(', ');
    const message = `Listener ${others} has the same port ${listener.port} and the same hostname.`;
    conflicts.set(listener.name, { reason: 'HostnameConflict', message });
  }
  return conflicts;
}

/** The HTTPS listeners of the same port whose hostnames overlap with this one's (condition OverlappingTLSConfig). */
export function findOverlappingListeners(listener: Listener, listeners: readonly Listener[]): readonly string[] {
  const own = hostnameOf(listener);
  return listeners
    .filter((other) => other !== listener && other.port === listener.port && other.protocol === listener.protocol)
    .filter((other) => overlaps(own, hostnameOf(other)))
    .map((other) => other.name);
}

function overlaps(a: string, b: string): boolean {
  const covers = (wide: string, narrow: string) =>
    wide === '*' || wide === narrow || (wide.startsWith('*.') && narrow.endsWith(wide.slice(1)));
  return covers(a, b) || covers(b, a);
}
