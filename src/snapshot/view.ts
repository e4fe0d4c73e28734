import type { BackendTLSPolicy, EndpointSlice, Pod, ReferenceGrant } from '../../gen/kubernetes/types.ts';
import type { Lookup } from '../lib/recorded-read.ts';
import type { Kind, ObjectTypes } from './object.ts';
import { objectKey, refOf } from './object.ts';
import type { Collection, Snapshot } from './snapshot.ts';

/** Objects by what they belong to. A bucket keeps its identity while its members keep theirs; an absent one is empty. */
// A type, not an interface: only types can be looked up by name as the memo does.
export type Indexes = {
  /** EndpointSlices by `namespace/service`. */
  readonly slicesOfService: ReadonlyMap<string, readonly EndpointSlice[]>;
  /** ReferenceGrants by their namespace. */
  readonly grantsOfNamespace: ReadonlyMap<string, readonly ReferenceGrant[]>;
  /** BackendTLSPolicies by the `namespace/service` they target. */
  readonly backendTlsPoliciesOfService: ReadonlyMap<string, readonly BackendTLSPolicy[]>;
  /** Pods by their namespace. */
  readonly podsOfNamespace: ReadonlyMap<string, readonly Pod[]>;
};

/** What translation steps look things up in: every collection and every index. */
export type View = Snapshot['collections'] & Indexes;
export type Read<Extra = unknown> = Lookup<View & Extra>;

const keysOf = {
  slicesOfService: (slice: EndpointSlice) => {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    return service === undefined ? [] : [`${slice.metadata.namespace ?? 'default'}/${service}`];
  },
  grantsOfNamespace: (grant: ReferenceGrant) => [grant.metadata.namespace ?? 'default'],
  backendTlsPoliciesOfService: (policy: BackendTLSPolicy) => [
    ...new Set(
      policy.spec.targetRefs
        .filter((target) => target.kind === 'Service' && target.group === '')
        .map((target) => `${policy.metadata.namespace ?? 'default'}/${target.name}`),
    ),
  ],
  podsOfNamespace: (pod: Pod) => [pod.metadata.namespace ?? 'default'],
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
  let pods: IndexState<'Pod'> | undefined;
  return {
    update({ collections }) {
      slices = updateIndex(slices, collections.EndpointSlice, keysOf.slicesOfService);
      grants = updateIndex(grants, collections.ReferenceGrant, keysOf.grantsOfNamespace);
      policies = updateIndex(policies, collections.BackendTLSPolicy, keysOf.backendTlsPoliciesOfService);
      pods = updateIndex(pods, collections.Pod, keysOf.podsOfNamespace);
      return {
        ...collections,
        slicesOfService: slices.buckets,
        grantsOfNamespace: grants.buckets,
        backendTlsPoliciesOfService: policies.buckets,
        podsOfNamespace: pods.buckets,
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
