import { resourcePath, usualResource } from '../../kube/resource.ts';
import { type ClusterChoice, connect } from './live.ts';

/** A Pod of a Gateway as the API server has it, as far as it tells why its Envoy does not run (Kubernetes, PodStatus). */
export interface EnvoyPod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
      readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode: number } };
    }[];
  };
}

/** A Pod whose Envoy does not run, and why. */
export interface PodProblem {
  readonly namespace: string;
  readonly pod: string;
  readonly problem: string;
}

/** What containers wait for that are about to start. */
const starting: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** Why the Envoy of a Pod does not run; undefined where it does, starts or ends. */
export function problemOf({ metadata, status = {} }: EnvoyPod): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return `no node takes it: ${scheduled.message ?? 'no reason is given'}`;
  for (const { state, lastState } of status.containerStatuses ?? []) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || starting.has(reason)) continue;
    const ended = lastState?.terminated;
    const why = ended?.reason === undefined ? '' : ` (${ended.reason})`;
    const last = ended === undefined ? '' : ` Its last run ended with exit code ${ended.exitCode}${why}.`;
    return `${reason}: ${message ?? 'no message is given.'}${last}`;
  }
  return undefined;
}

const selector = 'app.kubernetes.io/name=envoy,app.kubernetes.io/component=gateway';

/** The Pods of Gateways in these namespaces whose Envoys don't run; of a namespace that may not be read, none. */
export async function findPodProblems(
  choice: ClusterChoice,
  namespaces: ReadonlySet<string>,
): Promise<readonly PodProblem[]> {
  const client = await connect(choice);
  const lists = await Promise.all(
    [...namespaces].sort().map(async (namespace) => {
      const path = resourcePath(usualResource('Pod'), namespace);
      const answer = await client.request('GET', path, { query: { labelSelector: selector } });
      return answer.ok ? (answer.value as { readonly items: readonly EnvoyPod[] }).items : [];
    }),
  );
  client.close();
  return lists.flat().flatMap((pod) => {
    const problem = problemOf(pod);
    const { namespace, name } = pod.metadata;
    return problem === undefined ? [] : [{ namespace, pod: name, problem }];
  });
}
