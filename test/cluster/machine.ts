// The cluster's machine: a mount and a network namespace, and a control group that holds all its processes. Whatever
// happens to the cluster, its mounts, links, routes and iptables go with the last process, and the control group finds
// every process.
import { readFileSync, readdirSync, rmdirSync, writeFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnDetached, type Started } from './process.ts';
import { type Instance, within } from './instance.ts';
import { ClusterError, must, run, waitFor } from './run.ts';

const cgroups = '/sys/fs/cgroup';

/** With cgroup v1 one hierarchy of many is enough to find processes by. */
function trackingRoot(): string {
  return existsSync(join(cgroups, 'cgroup.controllers')) ? cgroups : join(cgroups, 'pids');
}

/** The control group of the components; that of the pods lies beside it. */
function componentsGroup(instance: Instance): string {
  return join(trackingRoot(), instance.name, 'components');
}

/** The kubelet's cgroupRoot. */
export function podsGroup(instance: Instance): string {
  return `/${instance.name}/pods`;
}

/** A shell's words that make the process a member of the machine's control group, whatever it becomes after. */
function joining(instance: Instance): readonly string[] {
  return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(componentsGroup(instance), 'cgroup.procs')];
}

// What the components write at places that can't be chosen (/run/containerd/s, /var/lib/cni, /var/log/containers ...)
// goes with the namespace. The kubelet sets some things for the whole kernel when it starts: it meets files instead, so
// that this machine stays as it is.
const furnish = `
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /var/lib
mkdir -p /run/lock
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  copy=/run/settings-$(basename "$setting")
  test ! -e "/proc/sys/$setting" || { cat "/proc/sys/$setting" > "$copy"; mount --bind "$copy" "/proc/sys/$setting"; }
done
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
test ! -e /proc/sys/net/bridge/bridge-nf-call-iptables || echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
ip route add local "$2" dev lo
touch "$1"
exec sleep infinity
`;

/** Makes the namespaces, held by a process of their own, and the link between this host and them. */
export async function startMachine(instance: Instance): Promise<void> {
  mkdirSync(componentsGroup(instance), { recursive: true });
  mkdirSync(join(trackingRoot(), podsGroup(instance)), { recursive: true });
  const ready = within(instance, 'machine-ready');
  const unshare = ['unshare', '--mount', '--net', '--propagation', 'private'];
  const furnishing = ['sh', '-ec', furnish, 'furnish', ready, instance.loadBalancers];
  const machine = spawnDetached(
    [...joining(instance), ...unshare, '--', ...furnishing],
    within(instance, 'logs', 'machine.log'),
  );
  writeFileSync(within(instance, 'machine.pid'), String(machine.pid));
  await waitFor('the namespaces of the cluster', 10, () => (existsSync(ready) ? true : undefined));
  await connect(instance, machine.pid);
}

async function connect(instance: Instance, pid: number): Promise<void> {
  const { name, nodeAddress, hostAddress } = instance;
  await must(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]);
  await must(['ip', 'address', 'add', `${hostAddress}/30`, 'dev', name]);
  await must(['ip', 'link', 'set', name, 'up']);
  await must([...inside(instance), 'ip', 'address', 'add', `${nodeAddress}/30`, 'dev', 'eth0']);
  await must([...inside(instance), 'ip', 'link', 'set', 'eth0', 'up']);
  await must([...inside(instance), 'ip', 'route', 'add', 'default', 'via', hostAddress]);
  for (const subnet of [instance.podSubnet, instance.serviceSubnet, instance.loadBalancers]) {
    await must(['ip', 'route', 'replace', subnet, 'via', nodeAddress]);
  }
}

/** What to put before a command so that it runs in the machine. */
export function inside(instance: Instance): readonly string[] {
  const pid = read(within(instance, 'machine.pid'));
  if (pid === '') throw new ClusterError(`the cluster ${instance.name} is not up: run "npm run cluster:up"`);
  return ['nsenter', '--target', pid, '--mount', '--net', '--'];
}

/** Starts a process of the machine that outlives this one. */
export function spawnInside(instance: Instance, command: readonly string[], log: string): Started {
  return spawnDetached([...joining(instance), ...inside(instance), ...command], log);
}

/** Kills every process of the machine and removes what the kernel holds of it. Nothing of it needs to be there. */
export async function destroyMachine(instance: Instance): Promise<void> {
  const folder = join(trackingRoot(), instance.name);
  await waitFor('the end of all processes of the cluster', 20, () => {
    const pids = [...members(folder), ...containerProcesses(instance)];
    for (const pid of pids) kill(pid);
    return pids.length === 0 ? true : undefined;
  });
  await run(['ip', 'link', 'delete', instance.name]);
  for (const root of hierarchies()) {
    await removeGroups(join(root, instance.name));
    // Those of containers of any cluster that are empty now.
    for (const group of below(join(root, containersGroup))) removeEmptyGroup(group);
  }
}

/** Where the runtime puts containers whose Pod has no control group, as the kubelet here makes none. */
const containersGroup = 'k8s.io';

/**
 * The processes of the cluster's containers: the root of each is made of layers below the cluster's folder. They outlive
 * the shims that watched over them, and no control group tells whose they are.
 */
export function containerProcesses(instance: Instance): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const isOurs = (pid: string) => {
    const [root = ''] = read(`/proc/${pid}/mountinfo`).split('\n');
    return root.includes(`lowerdir=${instance.folder}/`);
  };
  return pids.filter(isOurs).map(Number);
}

function removeEmptyGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // In use by another cluster, or gone with it.
    if (code !== 'EBUSY' && code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function hierarchies(): readonly string[] {
  if (trackingRoot() === cgroups) return [cgroups];
  return readdirSync(cgroups).map((name) => join(cgroups, name));
}

/** The processes of a control group and of those below it. */
function members(folder: string): readonly number[] {
  const own = read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
  return [...own, ...below(folder).flatMap(members)];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function below(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

/** A group can stay busy for a moment after its last process is gone. */
async function removeGroups(folder: string): Promise<void> {
  for (const child of below(folder)) await removeGroups(child);
  await waitFor(`the removal of the control group ${folder}`, 10, () => {
    try {
      rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EBUSY') return undefined;
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return true;
  });
}
