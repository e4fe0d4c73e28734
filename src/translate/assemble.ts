import type { IngressListener, TerminatingChain } from '../ir/listener.ts';
import type { GatewayName, Origin, RouteTableName } from '../ir/name.ts';
import { filterChainName, listenerName, routeTableName } from '../ir/name.ts';
import type { RouteTable, VirtualHost } from '../ir/route.ts';
import type { Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import { compareStrings } from '../lib/order.ts';
import type { Attachment } from './attachment.ts';
import { groupByDomain, type PortParts } from './domain.ts';
import type { TranslateOptions } from './options.ts';
import type { Section } from './section.ts';
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

function assembleChain(section: HttpsSection, routeTable: RouteTableName): TerminatingChain {
  return {
    kind: 'Terminate',
    name: filterChainName(section.name),
    section: section.name,
    ...(section.hostname === '*' ? {} : { serverName: section.hostname }),
    certificates: section.protocol.certificates,
    ...(section.protocol.clientValidation === undefined ? {} : { clientValidation: section.protocol.clientValidation }),
    routeTable,
  };
}

/** The socket of one port. It depends on the sections only, so that no route ever touches a Listener. */
function assembleListener(
  address: string,
  bindPort: number,
  port: number,
  routeTable: RouteTableName,
  sections: readonly Section[],
): IngressListener {
  const bind = { address, port: bindPort };
  const origins: readonly Origin[] = [...new Set(sections.flatMap((section) => section.origins))].sort(compareStrings);
  const https = sections.filter(isHttps);
  if (https.length === 0) {
    return { kind: 'Http', name: listenerName('http', address, bindPort), bind, port, routeTable, origins };
  }
  const chains = https.map((section) => assembleChain(section, routeTable));
  return { kind: 'Tls', name: listenerName('tls', address, bindPort), bind, port, chains, origins };
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

/** The route table of one port. Work is done only for the virtual hosts whose attachments changed. */
function assemblePort<S extends Sources>(
  memo: Memo<S>,
  gateway: GatewayName,
  key: string,
  name: RouteTableName,
  sections: readonly Section[],
  attachments: readonly (readonly Attachment[])[],
): { readonly routeTable: RouteTable; readonly shadowed: readonly Shadowed[] } {
  const parts = memo.run(portParts, key, gateway, sections, attachments);
  const domains = memo.evolve(groupByDomain, key, parts);
  const { virtualHosts, shadowed } = assembleVirtualHosts(memo, key, domains);
  return { routeTable: memo.run(assembleRouteTable, key, name, sections.some(isHttps), virtualHosts), shadowed };
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
  for (const [port, members] of Map.groupBy(sections, (section) => section.port)) {
    const sorted = [...members].sort((a, b) => compareStrings(a.name, b.name));
    const name = routeTableName(sorted.some(isHttps) ? 'https' : 'http', port);
    const key = `${gateway}/${port}`;
    const portSections = memo.list(`${key}#sections`, sorted);
    const assembled = assemblePort(memo, gateway, key, name, portSections, lists);
    routeTables.push(assembled.routeTable);
    shadowed.push(...assembled.shadowed);
    for (const address of addresses) {
      const bindPort = port + options.portOffset;
      listeners.push(memo.run(assembleListener, `${key}/${address}`, address, bindPort, port, name, portSections));
    }
  }
  listeners.sort((a, b) => compareStrings(a.name, b.name));
  routeTables.sort((a, b) => compareStrings(a.name, b.name));
  return { listeners, routeTables, shadowed };
}
