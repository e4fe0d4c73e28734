import { join } from 'node:path';
import { ClusterError } from './run.ts';

/** Where one cluster of this machine lives. Two instances share nothing but the kernel and the cache of builds. */
export interface Instance {
  readonly name: string;
  /** Everything that the cluster writes lies below it; the path is short, as sockets have to fit into 107 bytes. */
  readonly folder: string;
  /** The node: the API server, etcd and the kubelet listen on it. */
  readonly nodeAddress: string;
  /** This host, as the cluster's pods see it. */
  readonly hostAddress: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly dnsAddress: string;
  /** What Services of type LoadBalancer get: the lower half by itself, all of it on request. */
  readonly loadBalancers: string;
}

/** The clusters side by side that addresses are set aside for. */
const most = 8;

export function instanceNumber(number: number): Instance {
  if (!Number.isInteger(number) || number < 0 || number >= most) {
    throw new ClusterError(`a cluster's number (SALLYPORT_CLUSTER) is one of 0 to ${most - 1}`);
  }
  const name = `sallyport-${number}`;
  return {
    name,
    folder: join('/tmp', name),
    nodeAddress: `198.51.100.${4 * number + 1}`,
    hostAddress: `198.51.100.${4 * number + 2}`,
    podSubnet: `10.244.${2 * number}.0/23`,
    serviceSubnet: `10.${96 + number}.0.0/16`,
    dnsAddress: `10.${96 + number}.0.10`,
    loadBalancers: `198.18.${number}.0/24`,
  };
}

/** The cluster that the commands and suites mean: number 0, or what SALLYPORT_CLUSTER says. */
export function chosenInstance(env: NodeJS.ProcessEnv = process.env): Instance {
  return instanceNumber(Number(env['SALLYPORT_CLUSTER'] ?? '0'));
}

/** A path below the cluster's folder. */
export function within(instance: Instance, ...path: readonly string[]): string {
  return join(instance.folder, ...path);
}

export function kubeconfigPath(instance: Instance): string {
  return within(instance, 'kubeconfig');
}
