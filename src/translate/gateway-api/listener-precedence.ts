import type { Gateway, Listener, ListenerSet } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import { familyOf, hostnameOf, isServedProtocol, type ProtocolFamily, socketOf } from './listener-protocol.ts';

/** What stands between listeners of one object and others, by the listener's name. */
export type ListenerConflicts = ReadonlyMap<string, Problem>;

export const noConflicts: ListenerConflicts = new Map();

/** What is asked for on one port, counted. */
interface Asked {
  readonly families: Map<ProtocolFamily, number>;
  readonly hostnames: Map<string, number>;
}

type Ports = Map<string, Asked>;

function countUp<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ask(ports: Ports, listener: Listener): void {
  const key = socketOf(listener);
  const asked = ports.get(key) ?? { families: new Map(), hostnames: new Map() };
  ports.set(key, asked);
  countUp(asked.families, familyOf(listener));
  countUp(asked.hostnames, hostnameOf(listener));
}

/** The reason why a listener can't be told from those of `ports`, which hold it `own` times itself. */
function conflictWith(
  ports: Ports,
  listener: Listener,
  own: 0 | 1,
): 'ProtocolConflict' | 'HostnameConflict' | undefined {
  const asked = ports.get(socketOf(listener));
  if (asked === undefined) return undefined;
  const family = familyOf(listener);
  if (asked.families.size > (asked.families.has(family) ? 1 : 0)) return 'ProtocolConflict';
  if ((asked.hostnames.get(hostnameOf(listener)) ?? 0) <= own) return undefined;
  return family === 'tcp' || family === 'udp' ? 'ProtocolConflict' : 'HostnameConflict';
}

function describeConflict(reason: string, { port }: Listener, other: string): Problem {
  const message =
    reason === 'ProtocolConflict'
      ? `Port ${port} is also asked for by ${other}, and nothing could tell the two apart there.`
      : `On port ${port}, ${other} has the same hostname.`;
  return { reason, message };
}

// Who the other is may be none of the reader's business (ListenerSetSpec.listeners, on what may leak).
const earlier = 'a listener that takes precedence, of the Gateway or of another ListenerSet';
const sibling = 'another listener of this ListenerSet';

function findConflictsOfSet(ports: Ports, listeners: readonly Listener[]): ListenerConflicts {
  const conflicts = new Map<string, Problem>();
  const own: Ports = new Map();
  const standing: Listener[] = [];
  for (const listener of listeners) {
    const reason = conflictWith(ports, listener, 0);
    if (reason !== undefined) conflicts.set(listener.name, describeConflict(reason, listener, earlier));
    else {
      standing.push(listener);
      ask(own, listener);
    }
  }
  for (const listener of standing) {
    const reason = conflictWith(own, listener, 1);
    if (reason !== undefined) conflicts.set(listener.name, describeConflict(reason, listener, sibling));
    ask(ports, listener);
  }
  return conflicts.size === 0 ? noConflicts : conflicts;
}

/**
 * The conflicts of the ListenerSets of one Gateway, in the order of `sets`, which is that of precedence. A listener
 * loses to those of earlier objects, the Gateway first; of one object none wins, as on a Gateway. Linear in the number
 * of listeners.
 */
export function findListenerSetConflicts(gateway: Gateway, sets: readonly ListenerSet[]): readonly ListenerConflicts[] {
  const ports: Ports = new Map();
  const served = (listeners: readonly Listener[]) => listeners.filter(({ protocol }) => isServedProtocol(protocol));
  for (const listener of served(gateway.spec.listeners)) ask(ports, listener);
  return sets.map((set) => findConflictsOfSet(ports, served(set.spec.listeners)));
}
