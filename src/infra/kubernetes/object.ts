export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** An object that Sallyport makes in a cluster, or that is there already. All of them live in a namespace. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** A kind of such objects. */
export interface KubernetesKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface KubernetesRef extends KubernetesKind {
  readonly namespace: string;
  readonly name: string;
}

/** Names an object without its content. */
export function refOf({ apiVersion, kind, metadata }: KubernetesObject): KubernetesRef {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}
