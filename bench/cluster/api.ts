import { connect } from '../../src/cli/cluster/live.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Query } from '../../src/kube/exchange.ts';
import { pluralOf, resourcePath } from '../../src/kube/resource.ts';

/** An object as the API server takes it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export type Identity = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** The API server, for who wants it done: what it refuses is thrown. */
export interface Api {
  create(object: KubeObject): Promise<void>;
  /** All of them, so many requests at a time. */
  createAll(objects: readonly KubeObject[], atATime?: number): Promise<void>;
  /** A merge patch. */
  patch(object: KubeObject, change: unknown): Promise<void>;
  remove(object: Identity): Promise<void>;
  /** All of a kind in a namespace. */
  removeAll(kind: Pick<KubeObject, 'apiVersion' | 'kind'>, namespace: string): Promise<void>;
  read<T>(object: Identity): Promise<T>;
  list<T>(path: string, query: Query): Promise<readonly T[]>;
  close(): void;
}

function pathOf({ apiVersion, kind, metadata }: Identity, withName: boolean): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const resource = { group, version, kind, name: pluralOf(kind), namespaced: metadata.namespace !== undefined };
  return resourcePath(resource, metadata.namespace, withName ? metadata.name : undefined);
}

/** Runs the work for all items, so many at a time. */
export async function forAll<T>(
  items: readonly T[],
  atATime: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker));
}

async function must(answer: ReturnType<KubeClient['request']>): Promise<unknown> {
  const result = await answer;
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`);
  return result.value;
}

export async function connectApi(kubeconfig: string): Promise<Api> {
  const client = await connect({ kubeconfig });
  const create = async (object: KubeObject) => {
    await must(client.request('POST', pathOf(object, false), { body: object }));
  };
  return {
    create,
    createAll: (objects, atATime = 16) => forAll(objects, atATime, create),
    async patch(object, change) {
      const contentType = 'application/merge-patch+json';
      await must(client.request('PATCH', pathOf(object, true), { body: change, contentType }));
    },
    async remove(object) {
      await must(client.request('DELETE', pathOf(object, true), { body: { propagationPolicy: 'Background' } }));
    },
    async removeAll(kind, namespace) {
      await must(client.request('DELETE', pathOf({ ...kind, metadata: { namespace, name: '' } }, false)));
    },
    // Who asks knows what the kind looks like.
    read: async <T>(object: Identity) => (await must(client.request('GET', pathOf(object, true)))) as T,
    list: async <T>(path: string, query: Query) =>
      ((await must(client.request('GET', path, { query }))) as { readonly items: readonly T[] }).items,
    close: () => client.close(),
  };
}
