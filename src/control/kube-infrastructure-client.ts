import type { KubernetesClient } from '../infra/kubernetes/client.ts';
import type { KubernetesKind, KubernetesObject, KubernetesRef } from '../infra/kubernetes/object.ts';
import { applyObject, deleteObject, type Target } from '../kube/apply.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Failure } from '../kube/failure.ts';
import { pluralOf, resourcePath, type Resource } from '../kube/resource.ts';

function resourceOf({ apiVersion, kind }: KubernetesKind): Resource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, kind, name: pluralOf(kind), namespaced: true };
}

function targetOf(ref: KubernetesRef): Target {
  return { resource: resourceOf(ref), namespace: ref.namespace, name: ref.name };
}

function rejected({ kind, message }: Failure): Error {
  return new Error(`${kind}: ${message}`);
}

/** What runs in a cluster, as its API server has it. `namespaces`: only these may be looked into; absent: all. */
export function createInfrastructureClient(client: KubeClient, namespaces?: readonly string[]): KubernetesClient {
  const listIn = async (kind: KubernetesKind, namespace: string, labelSelector: string) => {
    const answer = await client.request('GET', resourcePath(resourceOf(kind), namespace), { query: { labelSelector } });
    if (!answer.ok) throw rejected(answer.error);
    const { items } = answer.value as { readonly items: readonly KubernetesObject[] };
    // Items of a list do not say what they are.
    return items.map((item): KubernetesObject => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
  };
  return {
    async read(ref) {
      const { resource, namespace, name } = targetOf(ref);
      const answer = await client.request('GET', resourcePath(resource, namespace, name));
      if (answer.ok) return answer.value as KubernetesObject;
      if (answer.error.kind === 'NotFound') return undefined;
      throw rejected(answer.error);
    },
    async list(kind, labels) {
      const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      const lists = (namespaces ?? ['']).map((namespace) => listIn(kind, namespace, selector.join(',')));
      return (await Promise.all(lists)).flat();
    },
    async apply(object, part) {
      const { apiVersion, kind, metadata, ...fields } = object;
      const target = targetOf({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name });
      const answer = await applyObject(client, target, { ...fields, metadata }, part);
      if (!answer.ok) throw rejected(answer.error);
    },
    async delete(ref, uid) {
      const answer = await deleteObject(client, targetOf(ref), uid);
      if (!answer.ok && answer.error.kind !== 'NotFound' && answer.error.kind !== 'Conflict')
        throw rejected(answer.error);
    },
  };
}
