import type { Brand } from '../lib/brand.ts';
import { compareBy, compareStrings } from '../lib/order.ts';
import type {
  BackendTLSPolicy,
  ConfigMap,
  Egress,
  EndpointSlice,
  Gateway,
  GatewayClass,
  HTTPRoute,
  Ingress,
  IngressClass,
  Namespace,
  Pod,
  ReferenceGrant,
  Secret,
  Service,
} from '../../gen/kubernetes/types.ts';

/** Every kind that Sallyport reads, with its shape. A kind is served in exactly one version: the one named in `kindTable`. */
export interface ObjectTypes {
  readonly BackendTLSPolicy: BackendTLSPolicy;
  readonly ConfigMap: ConfigMap;
  readonly Egress: Egress;
  readonly EndpointSlice: EndpointSlice;
  readonly Gateway: Gateway;
  readonly GatewayClass: GatewayClass;
  readonly HTTPRoute: HTTPRoute;
  readonly Ingress: Ingress;
  readonly IngressClass: IngressClass;
  readonly Namespace: Namespace;
  readonly Pod: Pod;
  readonly ReferenceGrant: ReferenceGrant;
  readonly Secret: Secret;
  readonly Service: Service;
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
  Gateway: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  GatewayClass: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: false },
  HTTPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  Ingress: { group: 'networking.k8s.io', version: 'v1', namespaced: true },
  IngressClass: { group: 'networking.k8s.io', version: 'v1', namespaced: false },
  Namespace: { group: '', version: 'v1', namespaced: false },
  Pod: { group: '', version: 'v1', namespaced: true },
  ReferenceGrant: { group: 'gateway.networking.k8s.io', version: 'v1', namespaced: true },
  Secret: { group: '', version: 'v1', namespaced: true },
  Service: { group: '', version: 'v1', namespaced: true },
};

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
