import { ClusterLoadAssignmentSchema } from '../../../gen/envoy/envoy/config/endpoint/v3/endpoint_pb.js';
import type { LocalityLbEndpointsSchema } from '../../../gen/envoy/envoy/config/endpoint/v3/endpoint_components_pb.js';
import { clusterLoadAssignmentType } from '../../ads/type-url.ts';
import type { Endpoint, EndpointSet, Locality } from '../../ir/cluster.ts';
import { encodedResource } from '../encoded.ts';
import { encode, type Init } from '../proto.ts';
import type { XdsResource } from '../resource.ts';

function lbEndpoint({ address, port }: Endpoint) {
  const socketAddress = { address, portSpecifier: { case: 'portValue', value: port } } as const;
  const endpoint = { address: { address: { case: 'socketAddress', value: socketAddress } } } as const;
  return { hostIdentifier: { case: 'endpoint', value: endpoint } } as const;
}

function lbLocality({ name, weight, endpoints }: Locality): Init<typeof LocalityLbEndpointsSchema> {
  return {
    locality: { zone: name },
    lbEndpoints: endpoints.map(lbEndpoint),
    // Envoy refuses a weight of 0; a locality without one gets no traffic where localities are weighed.
    ...(weight === undefined || weight === 0 ? {} : { loadBalancingWeight: weight }),
  };
}

/** ClusterLoadAssignment. A set without endpoints is an answer too: requests are answered 503 and nothing waits. */
export function buildEndpointSet(set: EndpointSet): XdsResource {
  const bytes = encode(ClusterLoadAssignmentSchema, {
    clusterName: set.cluster,
    endpoints: set.localities.map(lbLocality),
  });
  return encodedResource(clusterLoadAssignmentType, set.cluster, bytes, [], []);
}
