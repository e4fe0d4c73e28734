import type { KubernetesKind, KubernetesObject, KubernetesRef } from './object.ts';

/** What is asked of a cluster here. Every call rejects where the API server refuses it or can't be reached. */
export interface KubernetesClient {
  /** Undefined where there is no such object. */
  read(ref: KubernetesRef): Promise<KubernetesObject | undefined>;
  /** All objects of a kind, in all namespaces, that carry these labels. */
  list(kind: KubernetesKind, labels: Readonly<Record<string, string>>): Promise<readonly KubernetesObject[]>;
  /**
   * Server-side apply, taking over fields that others have set. `part` names a field manager of its own, so that what it
   * applies stays when the whole object is applied without it.
   */
  apply(object: KubernetesObject, part?: 'scale'): Promise<void>;
  /** With the objects that depend on it; only where it still has this uid. One that is gone already is no error. */
  delete(ref: KubernetesRef, uid: string): Promise<void>;
}
