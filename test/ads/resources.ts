import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { anyPack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { Cluster_DiscoveryType, ClusterSchema } from '../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterLoadAssignmentSchema } from '../../gen/envoy/envoy/config/endpoint/v3/endpoint_pb.js';
import { LbEndpointSchema } from '../../gen/envoy/envoy/config/endpoint/v3/endpoint_components_pb.js';
import type { AddressSchema } from '../../gen/envoy/envoy/config/core/v3/address_pb.js';
import { ListenerSchema } from '../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../gen/envoy/envoy/config/route/v3/route_pb.js';
import { RouterSchema } from '../../gen/envoy/envoy/extensions/filters/http/router/v3/router_pb.js';
import { HttpConnectionManagerSchema } from '../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { Generation } from '../../src/ads/generation.ts';
import type { AdsResource, Requirement } from '../../src/ads/resource.ts';
import {
  clusterLoadAssignmentType,
  clusterType,
  listenerType,
  routeConfigurationType,
  type TypeUrl,
} from '../../src/ads/type-url.ts';
import { contentHash } from '../../src/lib/hash.ts';

const ads = {
  configSourceSpecifier: { case: 'ads', value: {} },
  initialFetchTimeout: { seconds: 0n, nanos: 0 },
} as const;

function loopback(port: number): MessageInitShape<typeof AddressSchema>['address'] & {} {
  return { case: 'socketAddress', value: { address: '127.0.0.1', portSpecifier: { case: 'portValue', value: port } } };
}

export function resource<M extends DescMessage>(
  typeUrl: TypeUrl,
  name: string,
  schema: M,
  init: MessageInitShape<M>,
  requires: readonly Requirement[] = [],
): AdsResource {
  const body = Buffer.from(toBinary(schema, create(schema, init)));
  return { typeUrl, name, version: contentHash(body), body, requires };
}

/** A generation of these resources. */
export function generation(id: number, ...all: readonly AdsResource[]): Generation {
  const resources = new Map<TypeUrl, Map<string, AdsResource>>();
  for (const each of all) {
    const table = resources.get(each.typeUrl) ?? new Map<string, AdsResource>();
    resources.set(each.typeUrl, table.set(each.name, each));
  }
  return { id, resources };
}

export function clusterOf(name: string, connectTimeoutMs = 1_000): AdsResource {
  const connectTimeout = create(DurationSchema, {
    seconds: BigInt(Math.floor(connectTimeoutMs / 1_000)),
    nanos: (connectTimeoutMs % 1_000) * 1_000_000,
  });
  const init: MessageInitShape<typeof ClusterSchema> = {
    name,
    connectTimeout,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ads },
  };
  return resource(clusterType, name, ClusterSchema, init, [{ typeUrl: clusterLoadAssignmentType, name }]);
}

export function assignmentOf(name: string, ...ports: readonly number[]): AdsResource {
  return resource(clusterLoadAssignmentType, name, ClusterLoadAssignmentSchema, {
    clusterName: name,
    endpoints: [
      {
        lbEndpoints: ports.map((port) =>
          create(LbEndpointSchema, {
            hostIdentifier: { case: 'endpoint', value: { address: { address: loopback(port) } } },
          }),
        ),
      },
    ],
  });
}

/** Everything to this cluster; `domains` other than the default make more virtual hosts. */
export function routesOf(name: string, cluster: string, domains: readonly string[] = ['*']): AdsResource {
  const init: MessageInitShape<typeof RouteConfigurationSchema> = {
    name,
    virtualHosts: domains.map((domain, index) => ({
      name: `host-${index}`,
      domains: [domain],
      routes: [
        {
          match: { pathSpecifier: { case: 'prefix', value: '/' } },
          action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: cluster } } },
        },
      ],
    })),
  };
  const requires = [{ typeUrl: clusterType, name: cluster }];
  return resource(routeConfigurationType, name, RouteConfigurationSchema, init, requires);
}

export function listenerOf(name: string, port: number, routes: string): AdsResource {
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: name,
    routeSpecifier: { case: 'rds', value: { routeConfigName: routes, configSource: ads } },
    httpFilters: [
      {
        name: 'router',
        configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) },
      },
    ],
  });
  return resource(listenerType, name, ListenerSchema, {
    name,
    address: { address: loopback(port) },
    filterChains: [
      {
        filters: [
          {
            name: 'http',
            configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) },
          },
        ],
      },
    ],
  });
}
