import { componentProcess, etcdUrl } from './components.ts';
import type { Instance } from './instance.ts';
import { ClusterError } from './run.ts';

/**
 * Removes all of etcd's history, so that whoever watched and was away meets "410 Gone". etcd's JSON gateway carries
 * 64-bit numbers as strings.
 */
export async function compactEtcd(instance: Instance): Promise<void> {
  if (componentProcess(instance, 'etcd') === undefined) throw new ClusterError('etcd does not run');
  const { header } = await ask<{ readonly header: { readonly revision: string } }>(instance, 'range', { key: 'AA==' });
  await ask(instance, 'compaction', { revision: header.revision, physical: true });
}

async function ask<T>(instance: Instance, method: string, message: unknown): Promise<T> {
  const response = await fetch(`${etcdUrl(instance)}/v3/kv/${method}`, {
    method: 'POST',
    body: JSON.stringify(message),
  });
  if (!response.ok) throw new ClusterError(`etcd refuses ${method}: ${await response.text()}`);
  return (await response.json()) as T;
}
