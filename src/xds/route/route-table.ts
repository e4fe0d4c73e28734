import { RouteConfigurationSchema } from '../../../gen/envoy/envoy/config/route/v3/route_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { routeConfigurationType } from '../../ads/type-url.ts';
import type { Route, RouteTable, VirtualHost } from '../../ir/route.ts';
import { contentHash } from '../../lib/hash.ts';
import type { IdentityCache } from '../../lib/identity-cache.ts';
import { diffLists } from '../../lib/list-change.ts';
import type { Last } from '../../lib/memo.ts';
import { encode } from '../proto.ts';
import type { Fragment, XdsResource } from '../resource.ts';
import { retryUnseen } from './retry.ts';
import { encodeRoute, type EncodedRoute } from './route.ts';
import { encodeVirtualHost, type EncodedVirtualHost } from './virtual-host.ts';

function* fragmentsOf(hosts: readonly EncodedVirtualHost[]): Generator<Fragment> {
  for (const host of hosts) for (const route of host.routes) yield { hash: route.hash, origins: [route.origin] };
}

/** How many virtual hosts require each resource, by its name. */
type Required = ReadonlyMap<string, { readonly requirement: Requirement; readonly times: number }>;

function countRequired(last: Required, before: readonly EncodedVirtualHost[], after: readonly EncodedVirtualHost[]) {
  const required = new Map(last);
  const count = (hosts: readonly EncodedVirtualHost[], by: 1 | -1) => {
    for (const requirement of hosts.flatMap(({ requires }) => requires)) {
      const times = (required.get(requirement.name)?.times ?? 0) + by;
      if (times === 0) required.delete(requirement.name);
      else required.set(requirement.name, { requirement, times });
    }
  };
  count(after, 1);
  count(before, -1);
  return required;
}

function requirementsOf(required: Required): readonly Requirement[] {
  return [...required.values()].map(({ requirement }) => requirement);
}

/** Encoders that do each route and virtual host once for as long as it lives. */
export interface RouteEncoder {
  readonly virtualHost: (host: VirtualHost, bySection: boolean) => EncodedVirtualHost;
}

export function createRouteEncoder(cache: IdentityCache): RouteEncoder {
  const encodeOnce = (route: Route): EncodedRoute => cache.get(encodeRoute, route);
  const plain = (host: VirtualHost): EncodedVirtualHost => encodeVirtualHost(host, false, encodeOnce);
  const bySection = (host: VirtualHost): EncodedVirtualHost => encodeVirtualHost(host, true, encodeOnce);
  return { virtualHost: (host, sections) => cache.get(sections ? bySection : plain, host) };
}

/** A table with what the next one can be made from. */
export interface EncodedRouteTable {
  readonly resource: XdsResource;
  readonly hosts: readonly EncodedVirtualHost[];
  readonly required: Required;
}

const nothing: Pick<EncodedRouteTable, 'hosts' | 'required'> = { hosts: [], required: new Map() };

/**
 * A RouteConfiguration, joined from its virtual hosts' bytes when it is sent. Its version is the hash of their hashes:
 * telling whether a table of thousands of hosts has changed reads none of its bytes.
 */
export function buildRouteTable(
  table: RouteTable,
  encoder: RouteEncoder,
  last?: Last<RouteTable, EncodedRouteTable>,
): EncodedRouteTable {
  const known = last?.input.bySection === table.bySection ? last : undefined;
  const { hosts: hostsBefore, required: requiredBefore } = known?.result ?? nothing;
  const { start, before, after } = diffLists(known?.input.virtualHosts ?? [], table.virtualHosts);
  const come = after.map((host) => encoder.virtualHost(host, table.bySection));
  const gone = hostsBefore.slice(start, start + before.length);
  const hosts = hostsBefore.toSpliced(start, gone.length, ...come);
  const required = countRequired(requiredBefore, gone, come);
  return { resource: join(table.name, hosts, requirementsOf(required)), hosts, required };
}

function join(name: string, hosts: readonly EncodedVirtualHost[], requires: readonly Requirement[]): XdsResource {
  const head = encode(RouteConfigurationSchema, {
    name,
    // A Host with a port meets the same virtual host, and the backend still gets it as it came.
    ignorePortInHostMatching: true,
    requestHeadersToAdd: [...retryUnseen],
    // What a route says of a header counts, not what its table does.
    mostSpecificHeaderMutationsWins: true,
  });
  let body: Buffer | undefined;
  return {
    typeUrl: routeConfigurationType,
    name,
    version: contentHash(head, hosts.map(({ hash }) => hash).join()),
    get body() {
      return (body ??= Buffer.concat([head, ...hosts.map(({ bytes }) => bytes)]));
    },
    requires,
    fragments: () => fragmentsOf(hosts),
  };
}
