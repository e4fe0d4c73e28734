import type { AnyObject, Kind, ObjectKey, ObjectRef, ObjectTypes } from './object.ts';
import { objectKey, refOf } from './object.ts';

/** The objects of one kind by key. It keeps its identity while no object of the kind changes. */
export type Collection<K extends Kind> = ReadonlyMap<ObjectKey, ObjectTypes[K]>;

/**
 * An immutable view of everything read. Objects are frozen and keep their identity until their content changes,
 * and so do the collections that hold them: identity is what every later step is memoised on.
 */
export interface Snapshot {
  readonly collections: { readonly [K in Kind]: Collection<K> };
}

/** One object put in place, or gone. */
export type Change =
  | { readonly kind: 'put'; readonly object: AnyObject }
  | { readonly kind: 'remove'; readonly ref: ObjectRef };

/** The object that a change is about. */
export function refOfChange(change: Change): ObjectRef {
  return change.kind === 'put' ? refOf(change.object) : change.ref;
}

export const emptySnapshot: Snapshot = {
  collections: {
    BackendTLSPolicy: new Map(),
    ConfigMap: new Map(),
    Egress: new Map(),
    EndpointSlice: new Map(),
    GRPCRoute: new Map(),
    Gateway: new Map(),
    GatewayClass: new Map(),
    GatewayTemplate: new Map(),
    HTTPRoute: new Map(),
    Ingress: new Map(),
    IngressClass: new Map(),
    ListenerSet: new Map(),
    Namespace: new Map(),
    Node: new Map(),
    Pod: new Map(),
    ReferenceGrant: new Map(),
    Secret: new Map(),
    Service: new Map(),
    ServiceImport: new Map(),
    TCPRoute: new Map(),
    TLSRoute: new Map(),
    UDPRoute: new Map(),
    XBackend: new Map(),
    XBackendTrafficPolicy: new Map(),
  },
};

/** The snapshot after the changes. Collections without a change keep their identity. */
export function applyChanges(snapshot: Snapshot, changes: readonly Change[]): Snapshot {
  const edited = new Map<Kind, Map<ObjectKey, AnyObject>>();
  for (const change of changes) {
    const ref = refOfChange(change);
    const key = objectKey(ref);
    const current: ReadonlyMap<ObjectKey, AnyObject> = edited.get(ref.kind) ?? snapshot.collections[ref.kind];
    if (change.kind === 'put' ? current.get(key) === change.object : !current.has(key)) continue;
    const copy = edited.get(ref.kind) ?? new Map<ObjectKey, AnyObject>(current);
    edited.set(ref.kind, copy);
    if (change.kind === 'put') copy.set(key, change.object);
    else copy.delete(key);
  }
  if (edited.size === 0) return snapshot;
  return { collections: { ...snapshot.collections, ...Object.fromEntries(edited) } };
}

/** The object that `ref` names, or undefined. */
export function getObject<K extends Kind>(
  snapshot: Snapshot,
  kind: K,
  namespace: string,
  name: string,
): ObjectTypes[K] | undefined {
  return snapshot.collections[kind].get(objectKey({ kind, namespace, name }));
}
