import type { FilterChain, IngressListener, TerminatingChain } from '../ir/listener.ts';
import type { GatewayName, Origin, RouteTableName } from '../ir/name.ts';
import { filterChainName, listenerName, routeTableName } from '../ir/name.ts';
import type { RouteTable, VirtualHost } from '../ir/route.ts';
import type { Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import { compareStrings } from '../lib/order.ts';
import type { Attachment } from './attachment.ts';
import { groupByDomain, type PortParts } from './domain.ts';
import type { TranslateOptions } from './options.ts';
import { type Section, speaksHttp } from './section.ts';
import { type AssembledStream, assembleStream } from './stream.ts';
import { assembleVirtualHosts, type Shadowed } from './virtual-host.ts';

/** What the sections of one Gateway and all that is attached to them come to. */
export interface AssembledGateway {
  readonly listeners: readonly IngressListener[];
  readonly routeTables: readonly RouteTable[];
  readonly shadowed: readonly Shadowed[];
}

type HttpsSection = Section & { readonly protocol: { readonly kind: 'Https' } };

function isHttps(section: Section): section is HttpsSection {
  return section.protocol.kind === 'Https';
}

/** It depends on the section alone, so that a section that is added makes no other chain anew. */
function assembleChain(section: HttpsSection): TerminatingChain {
  return {
    kind: 'Terminate',
    name: filterChainName(section.name),
    section: section.name,
    ...(section.hostname === '*' ? {} : { serverName: section.hostname }),
    certificates: section.protocol.certificates,
    ...(section.protocol.clientValidation === undefined ? {} : { clientValidation: section.protocol.clientValidation }),
    routeTable: routeTableName('https', section.port),
  };
}

/** What the listeners of one port are made from, whatever address they bind. */
interface Port {
  readonly port: number;
  /** At least one; all of one transport. */
  readonly sections: readonly Section[];
  /** Absent where no section reads HTTP. */
  readonly routeTable?: RouteTableName;
  /** Those of the HTTPS sections. */
  readonly chains: readonly TerminatingChain[];
  readonly streams: readonly AssembledStream[];
}

function originsOf({ sections, streams }: Port): readonly Origin[] {
  const routes = streams.flatMap(({ chain, stream, datagrams }) => {
    const forward = stream ?? datagrams ?? (chain !== undefined && 'forward' in chain ? chain.forward : undefined);
    return forward === undefined ? [] : [forward.origin];
  });
  return [...new Set([...sections.flatMap((section) => section.origins), ...routes])].sort(compareStrings);
}

function chainsOf({ chains, streams }: Port): readonly FilterChain[] {
  return [...chains, ...streams.flatMap(({ chain }) => chain ?? [])];
}

/** The socket of one port. Where it reads HTTP it depends on the sections only: no such route ever touches a Listener. */
function assembleListener(address: string, bindPort: number, parts: Port): IngressListener {
  const { port, sections, routeTable, streams } = parts;
  const base = { bind: { address, port: bindPort }, port, origins: originsOf(parts) };
  const kinds = new Set(sections.map(({ protocol }) => protocol.kind));
  if (kinds.has('Udp')) {
    const forward = streams.find(({ datagrams }) => datagrams !== undefined)?.datagrams;
    const name = listenerName('udp', address, bindPort);
    return { kind: 'Udp', name, ...base, ...(forward === undefined ? {} : { forward }) };
  }
  if (kinds.has('Tcp')) {
    const forward = streams.find(({ stream }) => stream !== undefined)?.stream;
    const name = listenerName('tcp', address, bindPort);
    return { kind: 'Tcp', name, ...base, ...(forward === undefined ? {} : { forward }) };
  }
  if (routeTable !== undefined && kinds.has('Http')) {
    return { kind: 'Http', name: listenerName('http', address, bindPort), ...base, routeTable };
  }
  return { kind: 'Tls', name: listenerName('tls', address, bindPort), ...base, chains: chainsOf(parts) };
}

function assembleRouteTable(
  name: RouteTableName,
  bySection: boolean,
  virtualHosts: readonly VirtualHost[],
): RouteTable {
  return { name, bySection, virtualHosts };
}

function portParts(
  gateway: GatewayName,
  sections: readonly Section[],
  attachments: readonly (readonly Attachment[])[],
): PortParts {
  return { gateway, sections, attachments };
}

function portOf(
  port: number,
  sections: readonly Section[],
  routeTable: RouteTableName | undefined,
  chains: readonly TerminatingChain[],
  streams: readonly AssembledStream[],
): Port {
  return { port, sections, ...(routeTable === undefined ? {} : { routeTable }), chains, streams };
}

const noChains: readonly TerminatingChain[] = [];

function httpsSections(sections: readonly Section[]): readonly HttpsSection[] {
  return sections.filter(isHttps);
}

interface AssembledPort {
  readonly port: Port;
  readonly routeTable?: RouteTable;
  readonly shadowed: readonly Shadowed[];
}

/** One port of a transport. Work is done only for the domains whose attachments changed. */
function assemblePort<S extends Sources>(
  memo: Memo<S>,
  gateway: GatewayName,
  key: string,
  sections: readonly Section[],
  attachments: readonly (readonly Attachment[])[],
): AssembledPort {
  const [{ port } = { port: 0 }] = sections;
  const domains = memo.evolve(groupByDomain, key, memo.run(portParts, key, gateway, sections, attachments));
  const assembled = sections.every(speaksHttp) ? [] : memo.mapList(assembleStream, key, domains);
  const streams = memo.list(
    `${key}#streams`,
    assembled.filter(({ chain, stream, datagrams }) => (chain ?? stream ?? datagrams) !== undefined),
  );
  const lost = assembled.flatMap(({ shadowed }) => shadowed);
  if (!sections.some(speaksHttp)) {
    return { port: memo.run(portOf, key, port, sections, undefined, noChains, streams), shadowed: lost };
  }
  const https = memo.run(httpsSections, key, sections);
  const secure = https.length > 0;
  const name = routeTableName(secure ? 'https' : 'http', port);
  const { virtualHosts, shadowed } = assembleVirtualHosts(memo, key, domains);
  return {
    port: memo.run(portOf, key, port, sections, name, memo.mapList(assembleChain, key, https), streams),
    routeTable: memo.run(assembleRouteTable, key, name, secure, virtualHosts),
    shadowed: [...shadowed, ...lost],
  };
}

/** The sections of each socket, sorted by name: UDP has ports of its own. */
function groupBySocket(sections: readonly Section[]): ReadonlyMap<string, readonly Section[]> {
  const refused = ({ protocol }: Section) => protocol.kind === 'Refused';
  const serving = new Set(
    sections.filter((section) => !refused(section) && section.protocol.kind !== 'Udp').map(({ port }) => port),
  );
  // A port that nothing is served on is not bound.
  const bound = sections.filter((section) => !refused(section) || serving.has(section.port));
  const bySocket = Map.groupBy(bound, ({ port, protocol }) => (protocol.kind === 'Udp' ? `udp/${port}` : `${port}`));
  for (const members of bySocket.values()) members.sort((a, b) => compareStrings(a.name, b.name));
  return bySocket;
}

/**
 * Groups the sections of a Gateway into sockets and the attachments into route tables, one of each for every port.
 * `addresses` are the ones to bind; every port is bound on each.
 */
export function assembleGateway<S extends Sources>(
  memo: Memo<S>,
  gateway: GatewayName,
  addresses: readonly string[],
  sections: readonly Section[],
  attachments: readonly (readonly Attachment[])[],
  options: TranslateOptions,
): AssembledGateway {
  const lists = memo.list(`${gateway}#attachments`, attachments);
  const listeners: IngressListener[] = [];
  const routeTables: RouteTable[] = [];
  const shadowed: Shadowed[] = [];
  for (const [socket, sorted] of memo.run(groupBySocket, gateway, sections)) {
    const key = `${gateway}/${socket}`;
    const assembled = assemblePort(memo, gateway, key, memo.list(`${key}#sections`, sorted), lists);
    if (assembled.routeTable !== undefined) routeTables.push(assembled.routeTable);
    shadowed.push(...assembled.shadowed);
    for (const address of addresses) {
      const bindPort = assembled.port.port + options.portOffset;
      listeners.push(memo.run(assembleListener, `${key}/${address}`, address, bindPort, assembled.port));
    }
  }
  listeners.sort((a, b) => compareStrings(a.name, b.name));
  routeTables.sort((a, b) => compareStrings(a.name, b.name));
  return { listeners, routeTables, shadowed };
}
