import { kubectl } from '../../test/cluster/cluster.ts';
import { sumOf } from '../metric.ts';
import type { Api, Identity } from './api.ts';

export const controllerNamespace = 'sallyport-system';
const namespace = controllerNamespace;
const selector = 'app.kubernetes.io/component=controller';

/** What a replica of the controller counts about itself. */
export interface Counts {
  /** When the process began, in milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly turns: number;
  readonly turnMs: number;
  readonly statusWrites: number;
  readonly routeStatusWrites: number;
  /** Events read from the API server. */
  readonly events: number;
  /** Of responses that its proxies accepted. */
  readonly acks: number;
}

/** Both replicas by their part: the leader writes statuses, followers serve proxies only. */
export interface ReplicaCounts {
  readonly leader: Counts;
  readonly follower: Counts | undefined;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: { readonly phase: string };
}

/** The names of the replicas' Pods, the leader's first. */
export async function replicaPods(api: Api): Promise<readonly string[]> {
  const pods = await api.list<Pod>(`/api/v1/namespaces/${namespace}/pods`, { labelSelector: selector });
  const names = pods
    .filter(({ metadata, status }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
  const lease = await api.read<{ readonly spec: { readonly holderIdentity?: string } }>({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name: 'sallyport-leader' },
  });
  return names.sort((a) => (a === lease.spec.holderIdentity ? -1 : 1));
}

function getFrom(kubeconfig: string, pod: string, path: string): Promise<string> {
  return kubectl(kubeconfig, ['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:9902/proxy${path}`]);
}

/** Whether the replica says so itself: the kubelet asks it every two seconds only. */
export function isReady(kubeconfig: string, pod: string): Promise<boolean> {
  return getFrom(kubeconfig, pod, '/readyz').then(
    () => true,
    () => false,
  );
}

export function replicaObject(name: string): Identity {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } };
}

export async function countsOf(kubeconfig: string, pod: string): Promise<Counts> {
  const text = await getFrom(kubeconfig, pod, '/metrics');
  const value = (name: string, label?: string) => sumOf(text, `sallyport_${name}`, label);
  return {
    startedAtMs: value('process_start_time_seconds') * 1000,
    cpuMs: value('process_cpu_seconds_total') * 1000,
    residentMiB: value('process_resident_memory_bytes') / 2 ** 20,
    heapMiB: value('nodejs_heap_size_used_bytes') / 2 ** 20,
    turns: value('turns_total'),
    turnMs: value('turn_seconds_sum') * 1000,
    statusWrites: value('status_writes_total'),
    routeStatusWrites: value('status_writes_total', 'kind="HTTPRoute"'),
    events: value('read_events_total'),
    acks: value('acks_total'),
  };
}

export async function readCounts(api: Api, kubeconfig: string): Promise<ReplicaCounts> {
  const [leader, follower] = await Promise.all((await replicaPods(api)).map((pod) => countsOf(kubeconfig, pod)));
  if (leader === undefined) throw new Error('no controller runs');
  return { leader, follower };
}

/** What was counted in between; memory is the later one. */
export function difference(before: ReplicaCounts, after: ReplicaCounts): ReplicaCounts {
  const of = (from: Counts, to: Counts): Counts => ({
    ...to,
    cpuMs: to.cpuMs - from.cpuMs,
    turns: to.turns - from.turns,
    turnMs: to.turnMs - from.turnMs,
    statusWrites: to.statusWrites - from.statusWrites,
    routeStatusWrites: to.routeStatusWrites - from.routeStatusWrites,
    events: to.events - from.events,
    acks: to.acks - from.acks,
  });
  return {
    leader: of(before.leader, after.leader),
    follower: before.follower && after.follower && of(before.follower, after.follower),
  };
}
