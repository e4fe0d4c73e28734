import type { Listener } from '../../../gen/kubernetes/types.ts';

type ProtocolOf = Pick<Listener, 'protocol' | 'port'>;

/**
 * What the listeners of one port must have in common. HTTPS and TLS both begin with a server name, by which one port
 * tells them apart; TCP and UDP tell nothing apart.
 */
export type ProtocolFamily = 'http' | 'tls' | 'tcp' | 'udp';

const families: ReadonlyMap<string, ProtocolFamily> = new Map([
  ['HTTP', 'http'],
  ['HTTPS', 'tls'],
  ['TLS', 'tls'],
  ['TCP', 'tcp'],
  ['UDP', 'udp'],
]);

/** The protocols that listeners are served for; others are UnsupportedProtocol. */
export function isServedProtocol(protocol: string): boolean {
  return families.has(protocol);
}

export const servedProtocols: readonly string[] = [...families.keys()];

/** Of a protocol that is served. */
export function familyOf({ protocol }: ProtocolOf): ProtocolFamily {
  return families.get(protocol) ?? 'tcp';
}

/** The socket that a listener needs: UDP has ports of its own. */
export function socketOf({ protocol, port }: ProtocolOf): string {
  return `${protocol === 'UDP' ? 'udp' : 'tcp'}:${port}`;
}

/** Lower case; `*` for every host, and for protocols that know no hosts. */
export function hostnameOf({ protocol, hostname = '' }: Pick<Listener, 'protocol' | 'hostname'>): string {
  return hostname === '' || protocol === 'TCP' || protocol === 'UDP' ? '*' : hostname.toLowerCase();
}
