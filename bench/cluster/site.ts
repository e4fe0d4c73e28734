import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { waitFor } from '../../test/cluster/run.ts';
import { startTraffic, type Traffic } from '../../test/load/traffic.ts';
import { ask } from '../probe.ts';
import { hostOf } from '../world.ts';
import { type Api, forAll, type KubeObject } from './api.ts';
import { readCounts, type ReplicaCounts } from './replicas.ts';
import {
  backendLabels,
  backendObject,
  backendReplicas,
  gatewayApi,
  gatewayObject,
  namespaceObject,
  namespaceSelector,
  serviceObjects,
} from './world.ts';

/** A cluster with Sallyport in it. */
export interface Bench {
  readonly kubeconfig: string;
  readonly api: Api;
  /** A folder for profiles of the controller; absent: none are made, as they cost time themselves. */
  readonly profiles?: string;
  /** Sizes are multiplied by it: below 1 to try a bench, or where the cluster is small. */
  readonly share: number;
}

/** A size of a bench, or the share of it that was asked for. */
export function sized(size: number, { share }: Bench): number {
  return Math.max(1, Math.round(size * share));
}

/** A Gateway with its address, a backend and Services, in a namespace that goes away afterwards. */
export interface Site extends Bench {
  readonly namespace: string;
  readonly gateway: KubeObject;
  readonly address: string;
  /** The addresses of the backends. */
  readonly backends: readonly string[];
  readonly agent: Agent;
  counts(): Promise<ReplicaCounts>;
  /** Constant traffic of all kinds to these routes, so many requests a second. */
  traffic(routes: readonly number[], perSecond: number): Traffic;
  /** Makes more namespaces, which go away as well. */
  addNamespaces(names: readonly string[]): Promise<void>;
  /** Until every one of the routes is served. */
  served(routes: readonly (number | string)[]): Promise<void>;
  /** Until no status was written for a second. */
  quiet(): Promise<void>;
}

interface LiveGateway {
  readonly status?: {
    readonly addresses?: readonly { readonly value: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export async function addressOf(api: Api, gateway: KubeObject, seconds = 120): Promise<string> {
  return waitFor(`an address of Gateway ${gateway.metadata.name}`, seconds, async () => {
    const { status } = await api.read<LiveGateway>(gateway);
    const programmed = status?.conditions?.some(({ type, status: is }) => type === 'Programmed' && is === 'True');
    return programmed === true ? status?.addresses?.[0]?.value : undefined;
  });
}

/** Runs the work on a site of its own. */
export async function onSite(bench: Bench, work: (site: Site) => Promise<void>): Promise<void> {
  const { api, kubeconfig } = bench;
  const namespace = `bench-${randomBytes(4).toString('hex')}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const namespaces = [namespace];
  await api.create(namespaceObject(namespace));
  try {
    const gateway = gatewayObject(namespace);
    await api.createAll([backendObject(namespace), gateway, ...serviceObjects(namespace)]);
    const address = await addressOf(api, gateway);
    const backends = await backendAddresses(api, namespace);
    const counts = () => readCounts(api, kubeconfig);
    await work({
      ...bench,
      namespace,
      gateway,
      address,
      backends,
      agent,
      counts,
      traffic: (routes, perSecond) => startTraffic({ address, port: 80, hosts: routes.map(hostOf), perSecond }),
      async addNamespaces(names) {
        namespaces.push(...names);
        await api.createAll(names.map(namespaceObject));
      },
      served: (routes) =>
        forAll(routes, 8, async (route) => {
          const isServed = async () => ((await ask(agent, 80, hostOf(route), address)) === 200 ? true : undefined);
          await waitFor(`route ${route} in ${namespace}`, 120, isServed);
        }),
      quiet: () => untilQuiet(counts),
    });
  } finally {
    agent.destroy();
    // Quicker than the end of a namespace, which takes its objects one by one.
    await forAll(namespaces, 8, (name) => api.removeAll({ apiVersion: gatewayApi, kind: 'HTTPRoute' }, name));
    await forAll(namespaces, 8, (name) => api.remove(namespaceObject(name)));
    await waitFor(`the end of namespace ${namespace}`, 600, async () => {
      const left = await api.list<KubeObject>('/api/v1/namespaces', { labelSelector: namespaceSelector });
      return left.some(({ metadata }) => namespaces.includes(metadata.name)) ? undefined : true;
    });
  }
}

interface Pod {
  readonly status: { readonly podIP?: string; readonly conditions?: readonly { type: string; status: string }[] };
}

async function backendAddresses(api: Api, namespace: string): Promise<readonly string[]> {
  const query = { labelSelector: `app=${backendLabels.app}` };
  return waitFor('the backends', 120, async () => {
    const pods = await api.list<Pod>(`/api/v1/namespaces/${namespace}/pods`, query);
    const ready = pods.filter(({ status }) =>
      status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
    );
    return ready.length === backendReplicas ? ready.flatMap(({ status }) => status.podIP ?? []) : undefined;
  });
}

export async function untilQuiet(counts: () => Promise<ReplicaCounts>): Promise<void> {
  let last = -1;
  await waitFor('the last status', 300, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { statusWrites } = (await counts()).leader;
    if (statusWrites === last) return true;
    last = statusWrites;
    return undefined;
  });
}
