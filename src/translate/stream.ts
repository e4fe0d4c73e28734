import type { RefusingChain, StreamChain } from '../ir/listener.ts';
import { filterChainName } from '../ir/name.ts';
import type { DatagramForward, StreamForward } from '../ir/stream.ts';
import { unreachable } from '../lib/never.ts';
import type { StreamAttachment } from './attachment.ts';
import type { Domain } from './domain.ts';
import { coversHostname } from './ownership.ts';
import { comparePrecedence } from './precedence.ts';
import type { Section } from './section.ts';
import type { Shadowed } from './virtual-host.ts';

/** What a domain of a section that reads no HTTP comes to. A domain of TCP or UDP is its whole port. */
export interface AssembledStream {
  readonly chain?: StreamChain;
  readonly stream?: StreamForward;
  readonly datagrams?: DatagramForward;
  readonly shadowed: readonly Shadowed[];
}

const nothing: AssembledStream = { shadowed: [] };

/** How closely a route asks for a domain: by its very name, else by the length of the longest wildcard for it. */
function closeness(domain: string, { requested }: StreamAttachment): number {
  if (requested.includes(domain)) return Infinity;
  return Math.max(0, ...requested.filter((name) => coversHostname(name, domain)).map((name) => name.length));
}

interface Choice {
  readonly winner?: StreamAttachment;
  readonly shadowed: readonly Shadowed[];
}

/**
 * Nothing inside tells routes apart here, so that one alone is served: that which names the domain itself goes before
 * those that cover it with a wildcard, then the oldest, then the first by name.
 */
function choose({ name, owner, attachments }: Domain): Choice {
  const streams = attachments.filter((attachment) => attachment.kind !== 'Http');
  const closest = Math.max(0, ...streams.map((stream) => closeness(name, stream)));
  const rivals = streams
    .filter((stream) => closeness(name, stream) === closest)
    .toSorted((a, b) => comparePrecedence(a.precedence, b.precedence));
  const [winner, ...losers] = rivals;
  if (winner === undefined) return { shadowed: [] };
  const domain = name === '*' ? `port ${owner.port}` : name;
  const shadowed = losers.map(({ origin, forward }): Shadowed => ({
    loser: origin,
    loserRoute: forward.route,
    winner: winner.origin,
    domain,
  }));
  return { winner, shadowed };
}

function chainBase({ name, owner }: Domain): Omit<RefusingChain, 'kind' | 'why'> {
  return {
    name: filterChainName(`${owner.name}/${name}`),
    section: owner.name,
    ...(name === '*' ? {} : { serverName: name }),
  };
}

/**
 * The chain of a server name. One that has no route, or none with a backend, is refused before the handshake: it must
 * not fall to a chain for a wider name.
 */
function assembleChain(
  domain: Domain,
  protocol: Section['protocol'] & { readonly kind: 'TlsTerminate' | 'TlsPassthrough' },
  winner: StreamAttachment | undefined,
): StreamChain {
  const base = chainBase(domain);
  if (winner?.kind !== 'Stream') return { kind: 'Refuse', ...base, why: `no TLSRoute is attached at ${domain.name}` };
  const { forward } = winner;
  if (forward.clusters.length === 0) {
    return { kind: 'Refuse', ...base, why: `no backend of ${forward.route} can be used` };
  }
  if (protocol.kind === 'TlsPassthrough') return { kind: 'Passthrough', ...base, forward };
  const { certificates, clientValidation } = protocol;
  const validation = clientValidation === undefined ? {} : { clientValidation };
  return { kind: 'TerminateTcp', ...base, certificates, ...validation, forward };
}

/** Assembles one domain; one of a section that reads HTTP comes to nothing here. */
export function assembleStream(domain: Domain): AssembledStream {
  const { protocol } = domain.owner;
  switch (protocol.kind) {
    case 'Http':
    case 'Https':
      return nothing;
    case 'Refused':
      return { chain: { kind: 'Refuse', ...chainBase(domain), why: protocol.why }, shadowed: [] };
    case 'TlsTerminate':
    case 'TlsPassthrough': {
      const { winner, shadowed } = choose(domain);
      return { chain: assembleChain(domain, protocol, winner), shadowed };
    }
    case 'Tcp': {
      const { winner, shadowed } = choose(domain);
      return winner?.kind === 'Stream' ? { stream: winner.forward, shadowed } : { shadowed };
    }
    case 'Udp': {
      const { winner, shadowed } = choose(domain);
      return winner?.kind === 'Datagram' ? { datagrams: winner.forward, shadowed } : { shadowed };
    }
    default:
      return unreachable(protocol);
  }
}
