import pino from 'pino';
import { createKubeClient, type KubeClient } from '../../kube/client.ts';
import { loadKubeconfig, type KubeconfigOptions } from '../../kube/kubeconfig.ts';
import { createKubeSource } from '../../kube/source.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { resourcePath, usualResource } from '../../kube/resource.ts';
import { type Kind, kindTable, type ObjectRef } from '../../snapshot/object.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../../snapshot/snapshot.ts';
import { createValidator } from '../../snapshot/validate/validator.ts';
import { UsageError } from '../load.ts';

/** Which cluster a command is about. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The choice as the reader of kubeconfigs takes it. */
export function kubeconfigOptions({ kubeconfig, context }: ClusterChoice): KubeconfigOptions {
  return {
    ...(kubeconfig === undefined ? {} : { file: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

/** A client of the chosen cluster; that there is none to choose is an error of who asks. */
export async function connect(choice: ClusterChoice): Promise<KubeClient> {
  const endpoint = await loadKubeconfig(kubeconfigOptions(choice));
  if (!endpoint.ok) throw new UsageError(endpoint.error);
  return createKubeClient({ endpoint: endpoint.value });
}

/** Whether the API server has an object; where that may not be asked, it may be there. */
export async function exists(choice: ClusterChoice, ref: ObjectRef): Promise<boolean> {
  const client = await connect(choice);
  const answer = await client.request('GET', resourcePath(usualResource(ref.kind), ref.namespace, ref.name));
  client.close();
  return answer.ok || answer.error.kind !== 'NotFound';
}

/** The objects of a cluster as they are now. */
export interface Live {
  readonly snapshot: Snapshot;
  readonly diagnostics: readonly Diagnostic[];
}

/** How long a cluster is given to answer, in milliseconds. */
const patienceMs = 30_000;

/** Reads everything once. */
export async function readLive(choice: ClusterChoice): Promise<Live> {
  const client = await connect(choice);
  let snapshot = emptySnapshot;
  let timer: NodeJS.Timeout | undefined;
  const synced = Promise.withResolvers<void>();
  const source = createKubeSource({
    client,
    validate: createValidator(),
    wants: Object.keys(kindTable) as Kind[],
    onChange: (changes) => (snapshot = applyChanges(snapshot, changes)),
    onSynced: () => synced.resolve(),
    onFeatures() {},
    log: pino({ level: 'silent' }),
  });
  try {
    timer = setTimeout(() => {
      const reasons = new Set(source.diagnostics().map(({ message }) => message));
      synced.reject(new UsageError(`the cluster can't be read: ${[...reasons].join(' ') || 'no answer'}`));
    }, patienceMs);
    await synced.promise;
    return { snapshot, diagnostics: source.diagnostics() };
  } finally {
    clearTimeout(timer);
    source.close();
    client.close();
  }
}
