import type { Brand } from '../lib/brand.ts';
import { compareBy, compareStrings } from '../lib/order.ts';
import type {
  BackendTLSPolicy,
  ConfigMap,
  Egress,
  EndpointSlice,
  GRPCRoute,
  Gateway,
  GatewayClass,
  GatewayTemplate,
  HTTPRoute,
  Ingress,
  IngressClass,
  ListenerSet,
  Namespace,
  Node,
  Pod,
  ReferenceGrant,
  Secret,
  Service,
  ServiceImport,
  TCPRoute,
  TLSRoute,
  UDPRoute,
  XBackend,
  XBackendTrafficPolicy,
} from '../../gen/kubernetes/types.ts';

/** Of an object that takes the place of one that can't be read: what is wrong with that. Its spec says only what it is about. */
export interface StandIn {
  readonly unreadable?: string;
}

/** Every kind that Sallyport reads, with its shape. A kind is served in exactly one version: the one named in `kindTable`. */
export interface ObjectTypes {
  readonly BackendTLSPolicy: BackendTLSPolicy & StandIn;
  readonly ConfigMap: ConfigMap;
  readonly Egress: Egress & StandIn;
  readonly EndpointSlice: EndpointSlice;
  readonly GRPCRoute: GRPCRoute & StandIn;
  readonly Gateway: Gateway;
  readonly GatewayClass: GatewayClass;
  readonly GatewayTemplate: GatewayTemplate;
  readonly HTTPRoute: HTTPRoute & StandIn;
  readonly Ingress: Ingress;
  readonly IngressClass: IngressClass;
  readonly ListenerSet: ListenerSet;
  readonly Namespace: Namespace;
  readonly Node: Node;
  readonly Pod: Pod;
  readonly ReferenceGrant: ReferenceGrant;
  readonly Secret: Secret;
  readonly Service: Service;
  readonly ServiceImport: ServiceImport;
  readonly TCPRoute: TCPRoute;
  readonly TLSRoute: TLSRoute;
  readonly UDPRoute: UDPRoute;
  readonly XBackend: XBackend & StandIn;
  readonly XBackendTrafficPolicy: XBackendTrafficPolicy & StandIn;
}

export type Kind = keyof ObjectTypes;
export type AnyObject = ObjectTypes[Kind];

/** `Kind/namespace/name`, with an empty namespace for cluster-scoped kinds. */
export type ObjectKey = Brand<string, 'ObjectKey'>;

/** Names one object. `namespace` is empty for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

export interface KindInfo {
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
}

export const kindTable: { readonly [K in Kind]: KindInfo } = {
  BackendTLSPolicy: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  ConfigMap: { group: '', version: 'v1', namespaced: true },
  Egress: { group: 'sallyport.dev', version: 'v1alpha1', namespaced: true },
  EndpointSlice: { group: 'discovery.k8s.io', version: 'v1', namespaced: true },
  GRPCRoute: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  Gateway: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  GatewayClass: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: false },
  GatewayTemplate: { group: 'sallyport.dev', version: 'v1alpha1', namespaced: true },
  HTTPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  Ingress: { group: 'networking.k8s.io', version: 'v1', namespaced: true },
  IngressClass: { group: 'networking.k8s.io', version: 'v1', namespaced: false },
  ListenerSet: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  Namespace: { group: '', version: 'v1', namespaced: false },
  Node: { group: '', version: 'v1', namespaced: false },
  Pod: { group: '', version: 'v1', namespaced: true },
  ReferenceGrant: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  Secret: { group: '', version: 'v1', namespaced: true },
  Service: { group: '', version: 'v1', namespaced: true },
  ServiceImport: { group: 'multicluster.x-k8s.io', version: 'v1alpha1', namespaced: true },
  TCPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  TLSRoute: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  UDPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  XBackend: { group: 'gateway.networking.x-k8s.io', version: 'v1alpha1', namespaced: true },
  XBackendTrafficPolicy: { group: 'gateway.networking.x-k8s.io', version: 'v1alpha1', namespaced: true },
};

const builtInGroups: ReadonlySet<string> = new Set(['', 'discovery.k8s.io', 'networking.k8s.io']);

/** Whether a kind is part of every cluster; others come and go with their definitions. */
export function isBuiltIn(kind: Kind): boolean {
  return builtInGroups.has(kindTable[kind].group);
}

export function objectKey(ref: ObjectRef): ObjectKey {
  return `${ref.kind}/${ref.namespace}/${ref.name}` as ObjectKey;
}

export function refOf(object: AnyObject): ObjectRef {
  return {
    kind: object.kind,
    namespace: kindTable[object.kind].namespaced ? (object.metadata.namespace ?? 'default') : '',
    name: object.metadata.name,
  };
}

/** What is wrong with the object whose place it takes; undefined for an object that could be read. */
export function unreadableOf(object: AnyObject): string | undefined {
  return 'unreadable' in object ? object.unreadable : undefined;
}

/** `Kind namespace/name`, as people write it. */
export function describeRef(ref: ObjectRef): string {
  return ref.namespace === '' ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** Orders by kind, namespace and name. */
export const compareRefs: (a: ObjectRef, b: ObjectRef) => number = compareBy(
  (a, b) => compareStrings(a.kind, b.kind),
  (a, b) => compareStrings(a.namespace, b.namespace),
  (a, b) => compareStrings(a.name, b.name),
);
