import { isIP } from 'node:net';
import type { EndpointSlice, ListenerSet, Node, Pod, ReferenceGrant, Service } from '../../gen/kubernetes/types.ts';
import type { Lookup } from '../lib/recorded-read.ts';
import type { Kind, ObjectTypes } from './object.ts';
import { objectKey, refOf } from './object.ts';
import { serviceNameOf } from './service-name.ts';
import type { Collection, Snapshot } from './snapshot.ts';

/** Objects by what they belong to. A bucket keeps its identity while its members keep theirs; an absent one is empty. */
// A type, not an interface: only types can be looked up by name as the memo does.
export type Indexes = {
  /** EndpointSlices by `namespace/service`; those of a ServiceImport by its name among Services. */
  readonly slicesOfService: ReadonlyMap<string, readonly EndpointSlice[]>;
  /** ReferenceGrants by their namespace. */
  readonly grantsOfNamespace: ReadonlyMap<string, readonly ReferenceGrant[]>;
  /** BackendTLSPolicies by the `namespace/service` they target. */
  readonly backendTlsPoliciesOfService: ReadonlyMap<string, readonly ObjectTypes['BackendTLSPolicy'][]>;
  /** XBackendTrafficPolicies by the `namespace/service` they target. */
  readonly trafficPoliciesOfService: ReadonlyMap<string, readonly ObjectTypes['XBackendTrafficPolicy'][]>;
  /** ListenerSets by the `namespace/name` of the Gateway that they name as their parent. */
  readonly listenerSetsOfGateway: ReadonlyMap<string, readonly ListenerSet[]>;
  /** Services by the `namespace/name` of the Gateway that owns them. */
  readonly servicesOfGateway: ReadonlyMap<string, readonly Service[]>;
  /** Pods by their namespace. */
  readonly podsOfNamespace: ReadonlyMap<string, readonly Pod[]>;
  /** Nodes by each of their addresses. */
  readonly nodesOfAddress: ReadonlyMap<string, readonly Node[]>;
};

/** What translation steps look things up in: every collection and every index. */
export type View = Snapshot['collections'] & Indexes;
export type Read<Extra = unknown> = Lookup<View & Extra>;

function servicesOfPolicy({
  metadata,
  spec,
}: ObjectTypes['BackendTLSPolicy' | 'XBackendTrafficPolicy']): readonly string[] {
  const targets = spec.targetRefs.filter((target) => target.kind === 'Service' && target.group === '');
  return [...new Set(targets.map((target) => `${metadata.namespace ?? 'default'}/${target.name}`))];
}

const keysOf = {
  slicesOfService: ({ metadata }: EndpointSlice) => {
    const own = metadata.labels?.['kubernetes.io/service-name'];
    const imported = metadata.labels?.['multicluster.kubernetes.io/service-name'];
    const services = [
      ...(own === undefined ? [] : [own]),
      ...(imported === undefined ? [] : [serviceNameOf('ServiceImport', imported)]),
    ];
    return services.map((service) => `${metadata.namespace ?? 'default'}/${service}`);
  },
  grantsOfNamespace: (grant: ReferenceGrant) => [grant.metadata.namespace ?? 'default'],
  backendTlsPoliciesOfService: servicesOfPolicy,
  trafficPoliciesOfService: servicesOfPolicy,
  listenerSetsOfGateway: ({ metadata, spec }: ListenerSet) => {
    const { group = 'gateway.networking.k8s.io', kind = 'Gateway', name, namespace } = spec.parentRef;
    if (group !== 'gateway.networking.k8s.io' || kind !== 'Gateway') return [];
    return [`${namespace ?? metadata.namespace ?? 'default'}/${name}`];
  },
  servicesOfGateway: (service: Service) =>
    (service.metadata.ownerReferences ?? [])
      .filter((owner) => owner.kind === 'Gateway' && owner.apiVersion.startsWith('gateway.networking.k8s.io/'))
      .map((owner) => `${service.metadata.namespace ?? 'default'}/${owner.name}`),
  podsOfNamespace: (pod: Pod) => [pod.metadata.namespace ?? 'default'],
  nodesOfAddress: ({ status }: Node) =>
    [...new Set((status?.addresses ?? []).map(({ address }) => address.toLowerCase()))].filter(
      (address) => isIP(address) !== 0,
    ),
};

interface IndexState<K extends Kind> {
  readonly collection: Collection<K>;
  readonly buckets: ReadonlyMap<string, readonly ObjectTypes[K][]>;
}

function sameMembers<T>(a: readonly T[] | undefined, b: readonly T[]): a is readonly T[] {
  return a !== undefined && a.length === b.length && a.every((member, i) => member === b[i]);
}

function updateIndex<K extends Kind>(
  previous: IndexState<K> | undefined,
  collection: Collection<K>,
  keys: (object: ObjectTypes[K]) => readonly string[],
): IndexState<K> {
  if (previous?.collection === collection) return previous;
  const fresh = new Map<string, ObjectTypes[K][]>();
  for (const object of collection.values()) {
    for (const key of keys(object)) {
      const bucket = fresh.get(key);
      if (bucket === undefined) fresh.set(key, [object]);
      else bucket.push(object);
    }
  }
  const buckets = new Map<string, readonly ObjectTypes[K][]>();
  let changed = fresh.size !== previous?.buckets.size;
  for (const [key, members] of fresh) {
    members.sort((a, b) => (objectKey(refOf(a)) < objectKey(refOf(b)) ? -1 : 1));
    const old = previous?.buckets.get(key);
    if (sameMembers(old, members)) buckets.set(key, old);
    else {
      buckets.set(key, members);
      changed = true;
    }
  }
  return { collection, buckets: changed || previous === undefined ? buckets : previous.buckets };
}

/** Keeps the indexes of one Pipeline: `update` makes the view of a snapshot and reuses what did not change. */
export function createIndexer(): { update(snapshot: Snapshot): View } {
  let slices: IndexState<'EndpointSlice'> | undefined;
  let grants: IndexState<'ReferenceGrant'> | undefined;
  let policies: IndexState<'BackendTLSPolicy'> | undefined;
  let trafficPolicies: IndexState<'XBackendTrafficPolicy'> | undefined;
  let services: IndexState<'Service'> | undefined;
  let listenerSets: IndexState<'ListenerSet'> | undefined;
  let pods: IndexState<'Pod'> | undefined;
  let nodes: IndexState<'Node'> | undefined;
  return {
    update({ collections }) {
      slices = updateIndex(slices, collections.EndpointSlice, keysOf.slicesOfService);
      grants = updateIndex(grants, collections.ReferenceGrant, keysOf.grantsOfNamespace);
      policies = updateIndex(policies, collections.BackendTLSPolicy, keysOf.backendTlsPoliciesOfService);
      trafficPolicies = updateIndex(
        trafficPolicies,
        collections.XBackendTrafficPolicy,
        keysOf.trafficPoliciesOfService,
      );
      services = updateIndex(services, collections.Service, keysOf.servicesOfGateway);
      listenerSets = updateIndex(listenerSets, collections.ListenerSet, keysOf.listenerSetsOfGateway);
      pods = updateIndex(pods, collections.Pod, keysOf.podsOfNamespace);
      nodes = updateIndex(nodes, collections.Node, keysOf.nodesOfAddress);
      return {
        ...collections,
        slicesOfService: slices.buckets,
        grantsOfNamespace: grants.buckets,
        backendTlsPoliciesOfService: policies.buckets,
        trafficPoliciesOfService: trafficPolicies.buckets,
        servicesOfGateway: services.buckets,
        listenerSetsOfGateway: listenerSets.buckets,
        podsOfNamespace: pods.buckets,
        nodesOfAddress: nodes.buckets,
      };
    },
  };
}

/** The object by its kind and name. */
export function readObject<K extends Kind>(
  read: Read,
  kind: K,
  namespace: string,
  name: string,
): ObjectTypes[K] | undefined {
  // The lookup's type parameter is the kind itself, which TypeScript can't carry through the generic access.
  return read(kind, objectKey({ kind, namespace, name })) as ObjectTypes[K] | undefined;
}
