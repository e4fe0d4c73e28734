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

/** Nothing can be sent to port 0, so that what is dealt to it is lost before it leaves. */
const nowhere: Endpoint = { address: '127.0.0.1', port: 0 };

function lbLocality({ name, weight, endpoints, discards }: Locality): Init<typeof LocalityLbEndpointsSchema> {
  return {
    locality: { zone: name },
    lbEndpoints: (discards === true ? [nowhere] : endpoints).map(lbEndpoint),
    // Envoy refuses a weight of 0; a locality without one gets no traffic where localities are weighed.
    ...(weight === undefined || weight === 0 ? {} : { loadBalancingWeight: weight }),
  };
}

/**
 * Envoy counts an address once, so a backend that a rule names twice must be one locality with both weights: as two,
 * the second would be empty and its share would go to all others.
 */
function joinSameNames(localities: readonly Locality[]): readonly Locality[] {
  const joined: Locality[] = [];
  for (const locality of localities) {
    const same = joined.findIndex(({ name, weight }) => name === locality.name && weight !== undefined);
    const known = joined[same];
    if (known?.weight === undefined || locality.weight === undefined) joined.push(locality);
    else joined[same] = { ...known, weight: known.weight + locality.weight };
  }
  return joined;
}

/** ClusterLoadAssignment. A set without endpoints is an answer too: requests are answered 503 and nothing waits. */
export function buildEndpointSet(set: EndpointSet): XdsResource {
  const bytes = encode(ClusterLoadAssignmentSchema, {
    clusterName: set.cluster,
    endpoints: joinSameNames(set.localities).map(lbLocality),
  });
  return encodedResource(clusterLoadAssignmentType, set.cluster, bytes, [], []);
}
