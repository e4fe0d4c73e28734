import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../instance.ts';
import { containerProcesses } from '../machine.ts';
import { must } from '../run.ts';

/** What a cluster of this machine could leave behind, so that two moments can be compared. */
export interface Traces {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly links: readonly string[];
  readonly networkNamespaces: string;
  readonly routes: readonly string[];
  readonly firewall: string;
  readonly controlGroups: readonly string[];
  readonly files: readonly string[];
  readonly kernelSettings: readonly string[];
}

/** Where the components write by default, and where ours does. */
const places = [
  '/etc/cni/net.d',
  '/opt/cni',
  '/opt/containerd',
  '/run/containerd',
  '/run/netns',
  '/run/xtables.lock',
  '/usr/libexec/kubernetes',
  '/var/lib/cni',
  '/var/lib/containerd',
  '/var/lib/kubelet',
  '/var/log/containers',
  '/var/log/pods',
];
const settings = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'];

export async function tracesOf(instance: Instance): Promise<Traces> {
  const lines = async (command: readonly string[]) => (await must(command)).split('\n').filter(Boolean);
  const ofOurs = (line: string) => line.includes(instance.name) || line.includes(instance.nodeAddress);
  return {
    processes: [...processesOf(instance), ...containerProcesses(instance).map(String)],
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(ofOurs),
    // Other clusters beside this one may come and go.
    links: (await lines(['ip', '-brief', 'link'])).filter((line) => ofOurs(line) || line.startsWith('cni')),
    networkNamespaces: await must(['ip', 'netns']),
    routes: (await lines(['ip', 'route', 'show', 'table', 'all'])).filter(ofOurs),
    firewall: (await must(['iptables-save'])).replace(/^#.*\n/gm, ''),
    controlGroups: controlGroupsOf(instance),
    files: [instance.folder, ...places].filter((path) => existsSync(path)),
    kernelSettings: settings.map((name) => `${name}=${readFileSync(join('/proc/sys', name), 'utf8').trim()}`),
  };
}

/** Processes of the cluster's control groups, or with its folder among their words. */
export function processesOf(instance: Instance): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      // A zombie is gone but for its parent's interest in it.
      if (commandLine === '') return false;
      const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      return groups.includes(`/${instance.name}/`) || commandLine.includes(`${instance.folder}/`);
    } catch {
      return false;
    }
  });
}

function controlGroupsOf(instance: Instance): readonly string[] {
  const roots = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name))];
  return roots.map((folder) => join(folder, instance.name)).filter((folder) => existsSync(folder));
}
