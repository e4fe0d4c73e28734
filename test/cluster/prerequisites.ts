import { existsSync } from 'node:fs';
import { ClusterError, must, run, tell } from './run.ts';

/** A file of each package of Debian that the cluster uses. Their services are not needed. */
const packages: { readonly [name: string]: string } = {
  containerd: '/usr/bin/containerd',
  runc: '/usr/sbin/runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  conntrack: '/usr/sbin/conntrack',
  iptables: '/usr/sbin/iptables',
  socat: '/usr/bin/socat',
  iproute2: '/usr/sbin/ip',
  'ca-certificates': '/etc/ssl/certs/ca-certificates.crt',
};

/** Installs what is missing; a user who may not, or whose system has no apt-get, reads what to do. */
export async function installPackages(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new ClusterError(
      'a cluster needs root, for namespaces and mounts: run this as root, or let SALLYPORT_KUBECONFIG name the kubeconfig of a cluster of yours (kind, for one)',
    );
  }
  const missing = Object.entries(packages).filter(([, file]) => !existsSync(file));
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  if ((await run(['apt-get', '--version'])).code !== 0) {
    throw new ClusterError(`missing: ${names.join(', ')}; install what your system calls these packages of Debian`);
  }
  tell(`installing ${names.join(', ')} ...`);
  // Without this Debian starts services as it installs them.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await must(['apt-get', 'update', '-qq'], { env });
  await must(['apt-get', 'install', '-qq', '--yes', '--no-install-recommends', ...names], { env });
}
