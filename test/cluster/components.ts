import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { inside, spawnInside } from './machine.ts';
import { type Instance, kubeconfigPath, within } from './instance.ts';
import { isRunning, type Started } from './process.ts';
import { nodeProgram } from './programs.ts';
import { ClusterError, run, waitFor } from './run.ts';

/** The processes of the cluster, in the order in which they start. */
export const componentNames = [
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'addresses',
] as const;
export type ComponentName = (typeof componentNames)[number];

/** The name of the one node. */
export const nodeName = 'node';

export const containerdSocket = (instance: Instance) => within(instance, 'containerd.sock');
export const etcdUrl = (instance: Instance) => `http://${instance.nodeAddress}:2379`;

/** Starts a component unless it runs; it is the same afterwards whichever process asks for it. */
export async function startComponent(instance: Instance, name: ComponentName): Promise<void> {
  if (componentProcess(instance, name) !== undefined) return;
  const command = name === 'containerd' ? [] : [await nodeProgram(), name];
  const { pid, startTime } = spawnInside(
    instance,
    [...command, ...argumentsOf(instance, name)],
    within(instance, 'logs', `${name}.log`),
  );
  writeFileSync(pidFile(instance, name), `${pid} ${startTime}`);
}

/** Ends a component. SIGTERM lets it finish what it does, but for a few seconds only; SIGKILL is a crash. */
export async function stopComponent(
  instance: Instance,
  name: ComponentName,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<void> {
  const running = componentProcess(instance, name);
  if (running === undefined) return;
  process.kill(running.pid, signal);
  // The API server would wait for a minute for watches to end that never do.
  const impatience = setTimeout(() => isRunning(running) && process.kill(running.pid, 'SIGKILL'), 3000);
  try {
    await waitFor(`the end of ${name}`, 30, () => (isRunning(running) ? undefined : true));
  } finally {
    clearTimeout(impatience);
  }
}

/** SIGSTOP makes a component hang, SIGCONT lets it go on. */
export function signalComponent(instance: Instance, name: ComponentName, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const running = componentProcess(instance, name);
  if (running === undefined) throw new ClusterError(`${name} does not run`);
  process.kill(running.pid, signal);
}

/** The process of a component that runs. */
export function componentProcess(instance: Instance, name: ComponentName): Started | undefined {
  try {
    const [pid = '', startTime = ''] = readFileSync(pidFile(instance, name), 'utf8').split(' ');
    const started = { pid: Number(pid), startTime };
    return isRunning(started) ? started : undefined;
  } catch {
    return undefined;
  }
}

function pidFile(instance: Instance, name: ComponentName): string {
  return within(instance, 'pids', name);
}

function argumentsOf(instance: Instance, name: ComponentName): readonly string[] {
  const path = (...names: readonly string[]) => within(instance, ...names);
  const kubeconfig = `--kubeconfig=${kubeconfigPath(instance)}`;
  switch (name) {
    case 'etcd':
      return [`--data-dir=${path('etcd')}`, `--listen-client-url=${etcdUrl(instance)}`];
    case 'containerd':
      return ['containerd', '--config', path('containerd.toml')];
    case 'kube-apiserver':
      return apiServerArguments(instance);
    case 'kube-controller-manager':
      return [
        kubeconfig,
        '--leader-elect=false',
        `--root-ca-file=${path('certificates', 'apiserver.crt')}`,
        `--service-account-private-key-file=${path('service-accounts.pem')}`,
        '--kube-api-qps=200',
        '--kube-api-burst=400',
        `--flex-volume-plugin-dir=${path('volume-plugins')}`,
        `--cert-dir=${path('certificates')}`,
      ];
    case 'kube-scheduler':
      return [kubeconfig, '--leader-elect=false', `--cert-dir=${path('certificates')}`];
    case 'kube-proxy':
      return [`--config=${path('kube-proxy.json')}`, `--hostname-override=${nodeName}`];
    case 'kubelet':
      return [
        kubeconfig,
        `--config=${path('kubelet.json')}`,
        `--root-dir=${path('kubelet')}`,
        `--cert-dir=${path('certificates')}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${instance.nodeAddress}`,
      ];
    case 'addresses':
      return [kubeconfig, `--pool=${instance.loadBalancers}`];
  }
}

function apiServerArguments(instance: Instance): readonly string[] {
  const key = within(instance, 'service-accounts.pem');
  return [
    `--etcd-servers=${etcdUrl(instance)}`,
    `--bind-address=${instance.nodeAddress}`,
    `--advertise-address=${instance.nodeAddress}`,
    // It makes a certificate of its own there, for its address and for the Service "kubernetes".
    `--cert-dir=${within(instance, 'certificates')}`,
    `--token-auth-file=${within(instance, 'tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    `--service-cluster-ip-range=${instance.serviceSubnet}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
  ];
}

/** containerd's own client, for images. */
export function ctr(instance: Instance, ...words: readonly string[]) {
  return run([...inside(instance), 'ctr', '--address', containerdSocket(instance), '--namespace', 'k8s.io', ...words]);
}

/** A token that is as good as root's password: of a cluster that this machine alone can reach. */
export function writeSecret(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o600);
}
