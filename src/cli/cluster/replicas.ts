import type { ObjectLiveness } from '../../control/liveness.ts';
import { getFromPod } from '../../kube/port-forward.ts';
import { loadRawKubeconfig } from '../../kube/kubeconfig.ts';
import { resourcePath, usualResource } from '../../kube/resource.ts';
import type { ObjectRef } from '../../snapshot/object.ts';
import { UsageError } from '../load.ts';
import { type ClusterChoice, connect, kubeconfigOptions } from './live.ts';

/** Where the controller runs. */
export interface ControllerChoice extends ClusterChoice {
  readonly controllerNamespace: string;
  readonly adminPort: number;
}

/** A running replica of the controller, which can be asked what it knows. */
export interface Replica {
  readonly name: string;
  get(path: string): Promise<unknown>;
}

const selector = 'app.kubernetes.io/name=sallyport,app.kubernetes.io/component=controller';

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status?: { readonly phase?: string };
  }[];
}

/** Finds the replicas; that there is none is an error of who asks. */
export async function findReplicas(choice: ControllerChoice): Promise<readonly Replica[]> {
  const { controllerNamespace: namespace, adminPort: port } = choice;
  const client = await connect(choice);
  const path = resourcePath(usualResource('Pod'), namespace);
  const answer = await client.request('GET', path, { query: { labelSelector: selector } });
  client.close();
  if (!answer.ok) throw new UsageError(answer.error.message);
  const { items } = answer.value as PodList;
  const running = items.filter(({ metadata, status }) => status?.phase === 'Running' && !metadata.deletionTimestamp);
  if (running.length === 0) {
    throw new UsageError(`no controller runs in namespace ${namespace}; --controller-namespace names another one`);
  }
  const config = await loadRawKubeconfig(kubeconfigOptions(choice));
  return running.map(({ metadata: { name } }) => ({
    name,
    async get(asked) {
      const found = await getFromPod(config, { namespace, pod: name, port }, asked);
      if (!found.ok) throw new UsageError(found.error);
      return found.value;
    },
  }));
}

/** What a replica said; one that is only starting says that it does not know. */
function livenessOf(answer: unknown, replica: string): ObjectLiveness {
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    throw new UsageError(`${replica} can't tell yet: ${String(answer.error)}`);
  }
  // Replicas are of this version or near.
  return answer as ObjectLiveness;
}

/** What all replicas together know of an object: each has proxies of its own. */
export async function askLiveness(replicas: readonly Replica[], ref: ObjectRef): Promise<ObjectLiveness> {
  const query = new URLSearchParams({ kind: ref.kind, namespace: ref.namespace, name: ref.name });
  const answers = await Promise.all(replicas.map((replica) => replica.get(`/live?${query.toString()}`)));
  const parts = answers.map((answer, at) => livenessOf(answer, replicas[at]?.name ?? ''));
  const newest = parts.reduce((a, b) => ((b.generation ?? 0) > (a.generation ?? 0) ? b : a));
  return {
    ...newest,
    gateways: [...new Set(parts.flatMap(({ gateways }) => gateways))].sort(),
    proxies: parts.flatMap(({ proxies, generation }) =>
      // A replica that has not read the newest version yet can't say that it serves.
      generation === newest.generation ? proxies : proxies.map((proxy) => ({ ...proxy, live: false })),
    ),
    problems: [...new Set(parts.flatMap(({ problems }) => problems))],
  };
}
