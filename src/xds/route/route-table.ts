import { RouteConfigurationSchema } from '../../../gen/envoy/envoy/config/route/v3/route_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { routeConfigurationType } from '../../ads/type-url.ts';
import type { Route, RouteTable, VirtualHost } from '../../ir/route.ts';
import { contentHash } from '../../lib/hash.ts';
import type { IdentityCache } from '../../lib/identity-cache.ts';
import { encode } from '../proto.ts';
import type { Fragment, XdsResource } from '../resource.ts';
import { retryUnseen } from './retry.ts';
import { encodeRoute, type EncodedRoute } from './route.ts';
import { encodeVirtualHost, type EncodedVirtualHost } from './virtual-host.ts';

function* fragmentsOf(hosts: readonly EncodedVirtualHost[]): Generator<Fragment> {
  for (const host of hosts) for (const route of host.routes) yield { hash: route.hash, origins: [route.origin] };
}

function requirementsOf(hosts: readonly EncodedVirtualHost[]): readonly Requirement[] {
  const byName = new Map<string, Requirement>();
  for (const host of hosts) for (const requirement of host.requires) byName.set(requirement.name, requirement);
  return [...byName.values()];
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

/**
 * A RouteConfiguration, joined from its virtual hosts' bytes when it is sent. Its version is the hash of their hashes:
 * telling whether a table of thousands of hosts has changed reads none of its bytes.
 */
export function buildRouteTable(table: RouteTable, encoder: RouteEncoder): XdsResource {
  const hosts = table.virtualHosts.map((host) => encoder.virtualHost(host, table.bySection));
  const head = encode(RouteConfigurationSchema, {
    name: table.name,
    // A Host with a port meets the same virtual host, and the backend still gets it as it came.
    ignorePortInHostMatching: true,
    requestHeadersToAdd: [...retryUnseen],
    // What a route says of a header counts, not what its table does.
    mostSpecificHeaderMutationsWins: true,
  });
  let body: Buffer | undefined;
  return {
    typeUrl: routeConfigurationType,
    name: table.name,
    version: contentHash(head, hosts.map(({ hash }) => hash).join()),
    get body() {
      return (body ??= Buffer.concat([head, ...hosts.map(({ bytes }) => bytes)]));
    },
    requires: requirementsOf(hosts),
    fragments: () => fragmentsOf(hosts),
  };
}
