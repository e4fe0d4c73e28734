import { readdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Egress, EndpointSlice, Gateway } from '../../gen/kubernetes/types.ts';
import { compareStrings } from '../lib/order.ts';

/** A small server that stands for a workload, or for a host outside. */
export interface PlannedServer {
  /** What it calls itself in its answers. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** What an example needs on this machine: the servers behind it, and the ports that its Gateways bind. */
export interface ServerPlan {
  readonly servers: readonly PlannedServer[];
  readonly gatewayPorts: readonly { readonly gateway: string; readonly port: number }[];
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');

function isLoopback(address: string): boolean {
  return isIP(address) === 4 && loopback.check(address, 'ipv4');
}

function serversOfSlice(slice: EndpointSlice): readonly PlannedServer[] {
  const name = slice.metadata.labels?.['kubernetes.io/service-name'] ?? slice.metadata.name;
  const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses).filter(isLoopback);
  return (slice.ports ?? []).flatMap(({ port }) =>
    port === undefined ? [] : addresses.map((address) => ({ name, address, port })),
  );
}

/** The hosts outside that an Egress says are on this machine. */
function serversOfEgress(egress: Egress): readonly PlannedServer[] {
  return egress.spec.rules.flatMap((rule) =>
    rule.to.flatMap(({ hosts, cidrs, ports }) => {
      const addresses = (cidrs ?? []).map((cidr) => cidr.replace(/\/32$/, '')).filter(isLoopback);
      return addresses.flatMap((address) => ports.map(({ port }) => ({ name: hosts?.[0] ?? address, address, port })));
    }),
  );
}

function uniqueServers(servers: readonly PlannedServer[]): readonly PlannedServer[] {
  const byPlace = new Map(servers.map((server) => [`${server.address}:${server.port}`, server]));
  return [...byPlace].sort(([a], [b]) => compareStrings(a, b)).map(([, server]) => server);
}

/** Reads from the files of our own example, whose shape is known, which servers are to be played. */
export function readServerPlan(folder: string): ServerPlan {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const servers: PlannedServer[] = [];
  const gatewayPorts: { gateway: string; port: number }[] = [];
  for (const file of files.toSorted(compareStrings)) {
    for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
      // The example is part of this program and checked by its tests.
      const object = document.toJS() as EndpointSlice | Egress | Gateway;
      switch (object.kind) {
        case 'EndpointSlice':
          servers.push(...serversOfSlice(object));
          break;
        case 'Egress':
          servers.push(...serversOfEgress(object));
          break;
        case 'Gateway': {
          const gateway = `${object.metadata.namespace}/${object.metadata.name}`;
          gatewayPorts.push(...object.spec.listeners.map(({ port }) => ({ gateway, port })));
          break;
        }
        default:
      }
    }
  }
  return { servers: uniqueServers(servers), gatewayPorts };
}
