import {
  clusterLoadAssignmentType,
  clusterType,
  listenerType,
  routeConfigurationType,
  secretType,
  type TypeUrl,
} from '../ads/type-url.ts';
import type { Cluster } from '../ir/cluster.ts';
import type { GatewayIr, Listener } from '../ir/ir.ts';
import type { RouteTable } from '../ir/route.ts';
import { createIdentityCache, type IdentityCache } from '../lib/identity-cache.ts';
import type { Last, Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import { unreachable } from '../lib/never.ts';
import { buildCluster } from './cluster/cluster.ts';
import { createEgressBuilder } from './egress/listener.ts';
import { buildEndpointSet } from './endpoint/endpoint-set.ts';
import { createChainEncoder } from './listener/filter-chain.ts';
import { buildListener } from './listener/listener.ts';
import type { XdsOptions } from './options.ts';
import type { XdsResource } from './resource.ts';
import { buildRouteTable, createRouteEncoder, type EncodedRouteTable } from './route/route-table.ts';
import { buildSecret } from './secret/secret.ts';

/** A Gateway's resources by type, then by name. */
export type ResourcesByType = ReadonlyMap<TypeUrl, ReadonlyMap<string, XdsResource>>;

/** The builders of one pipeline, each bound to what it reads beside its input, all on one cache. */
export interface Builders {
  readonly cache: IdentityCache;
  readonly cluster: (cluster: Cluster) => XdsResource;
  /** From the one before, of which few virtual hosts differ. */
  readonly routeTable: (table: RouteTable, last: Last<RouteTable, EncodedRouteTable> | undefined) => EncodedRouteTable;
  readonly listener: (listener: Listener) => readonly XdsResource[];
}

/** Builders whose work is kept for as long as their inputs live, for all Gateways that share an input. */
export function createBuilders(options: XdsOptions): Builders {
  const cache = createIdentityCache();
  const encoder = createRouteEncoder(cache);
  const chain = createChainEncoder(cache);
  const egress = createEgressBuilder(options, cache);
  return {
    cache,
    cluster: (cluster) => buildCluster(cluster, options),
    routeTable: (table, last) => buildRouteTable(table, encoder, last),
    listener: (listener) => {
      switch (listener.kind) {
        case 'Http':
        case 'Tls':
        case 'Tcp':
        case 'Udp':
          return [buildListener(listener, chain)];
        case 'ForwardProxy':
        case 'ServerName':
          return egress(listener);
        default:
          return unreachable(listener);
      }
    },
  };
}

function byName(resources: readonly XdsResource[]): ReadonlyMap<string, XdsResource> {
  return new Map(resources.map((resource) => [resource.name, resource]));
}

function resourcesByType(...parts: readonly (readonly XdsResource[])[]): ReadonlyMap<TypeUrl, readonly XdsResource[]> {
  const types = [clusterType, clusterLoadAssignmentType, secretType, listenerType, routeConfigurationType];
  const lists = new Map<TypeUrl, XdsResource[]>(types.map((type) => [type, []]));
  for (const part of parts) {
    for (const resource of part) {
      const list = lists.get(resource.typeUrl);
      if (list === undefined) lists.set(resource.typeUrl, [resource]);
      else list.push(resource);
    }
  }
  return lists;
}

function sameResources(...types: readonly (readonly [TypeUrl, ReadonlyMap<string, XdsResource>])[]): ResourcesByType {
  return new Map(types);
}

function pair(
  type: TypeUrl,
  resources: ReadonlyMap<string, XdsResource>,
): readonly [TypeUrl, ReadonlyMap<string, XdsResource>] {
  return [type, resources];
}

/**
 * All that the proxies of a Gateway get. Maps, at both levels, are those of last time where nothing in them changed;
 * resources that Gateways share are built once for each IR value, whichever Gateways hold it.
 */
export function buildResources<S extends Sources>(
  memo: Memo<S>,
  options: XdsOptions,
  gateway: GatewayIr,
): ResourcesByType {
  const { cache, cluster, routeTable, listener } = memo.run(createBuilders, 'xds', options);
  const each = <I extends object>(key: string, inputs: readonly I[], build: (input: I) => XdsResource) =>
    memo.list(
      `xds/${key}/${gateway.name}`,
      inputs.map((input) => cache.get(build, input)),
    );
  const listeners = memo.list(
    `xds/listener/${gateway.name}`,
    gateway.listeners.flatMap((input) => cache.get(listener, input)),
  );
  const tables = memo.list(
    `xds/route/${gateway.name}`,
    gateway.routeTables.map((table) => memo.evolve(routeTable, `${gateway.name}/${table.name}`, table).resource),
  );
  const lists = memo.run(
    resourcesByType,
    `xds/${gateway.name}`,
    each('cluster', gateway.clusters, cluster),
    each('endpoint', gateway.endpoints, buildEndpointSet),
    each('secret', gateway.secrets, buildSecret),
    tables,
    listeners,
  );
  const pairs = [...lists].map(([type, list]) => {
    const kept = memo.list(`xds/${type}/${gateway.name}`, list);
    return memo.run(pair, `${gateway.name}/${type}`, type, memo.run(byName, `${gateway.name}/${type}`, kept));
  });
  return memo.run(sameResources, `xds/${gateway.name}`, ...pairs);
}
