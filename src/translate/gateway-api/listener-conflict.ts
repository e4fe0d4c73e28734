import type { Listener } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import { coversHostname } from '../ownership.ts';
import { familyOf, hostnameOf, socketOf } from './listener-protocol.ts';

function describe(listeners: readonly Listener[]): string {
  return listeners.map((other) => `${other.name} (${other.protocol})`).join(', ');
}

function names(listeners: readonly Listener[]): string {
  return listeners.map((other) => other.name).join(', ');
}

function findConflict(listener: Listener, sameSocket: readonly Listener[]): Problem | undefined {
  const { port, protocol } = listener;
  const family = familyOf(listener);
  const strangers = sameSocket.filter((other) => familyOf(other) !== family);
  if (strangers.length > 0) {
    const message = `Port ${port} can speak one protocol only; it is also asked for by listener ${describe(strangers)}.`;
    return { reason: 'ProtocolConflict', message };
  }
  if (sameSocket.length > 0 && (family === 'tcp' || family === 'udp')) {
    const message = `Port ${port} can serve one ${protocol} listener only; it is also asked for by listener ${names(sameSocket)}.`;
    return { reason: 'ProtocolConflict', message };
  }
  const namesakes = sameSocket.filter((other) => hostnameOf(other) === hostnameOf(listener));
  if (namesakes.length === 0) return undefined;
  const message = `Listener ${names(namesakes)} has the same port ${port} and the same hostname.`;
  return { reason: 'HostnameConflict', message };
}

/**
 * The listeners of one Gateway that can't be told apart, with the reason (GatewaySpec.listeners, "Distinct
 * Listeners"). None of them wins. `listeners` are those whose protocol is served: one that is not can't conflict.
 */
export function findListenerConflicts(listeners: readonly Listener[]): ReadonlyMap<string, Problem> {
  const conflicts = new Map<string, Problem>();
  for (const listener of listeners) {
    const sameSocket = listeners.filter((other) => other !== listener && socketOf(other) === socketOf(listener));
    const conflict = findConflict(listener, sameSocket);
    if (conflict !== undefined) conflicts.set(listener.name, conflict);
  }
  return conflicts;
}

/** The HTTPS listeners of the same port whose hostnames overlap with this one's (condition OverlappingTLSConfig). */
export function findOverlappingListeners(listener: Listener, listeners: readonly Listener[]): readonly string[] {
  const own = hostnameOf(listener);
  return listeners
    .filter((other) => other !== listener && other.port === listener.port && other.protocol === listener.protocol)
    .filter((other) => coversHostname(own, hostnameOf(other)) || coversHostname(hostnameOf(other), own))
    .map((other) => other.name);
}
