// The files that the components read.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { containerdSocket, writeSecret } from './components.ts';
import { type Instance, kubeconfigPath, within } from './instance.ts';
import { pauseImage } from './images.ts';
import { podsGroup } from './machine.ts';

export function writeConfiguration(instance: Instance, token: string): void {
  for (const folder of ['certificates', 'cni', 'images', 'logs', 'pids']) {
    mkdirSync(within(instance, folder), { recursive: true });
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeSecret(within(instance, 'service-accounts.pem'), privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  writeSecret(within(instance, 'tokens.csv'), `${token},admin,admin,system:masters\n`);
  writeFileSync(within(instance, 'resolv.conf'), '');
  writeFileSync(within(instance, 'containerd.toml'), containerdToml(instance));
  writeJson(within(instance, 'cni', '10-bridge.conflist'), networkOf(instance));
  writeJson(within(instance, 'kubelet.json'), kubeletConfiguration(instance));
  writeJson(within(instance, 'kube-proxy.json'), proxyConfiguration(instance));
}

export function writeKubeconfig(instance: Instance, token: string, certificates: Uint8Array): void {
  const server = `https://${instance.nodeAddress}:6443`;
  const authority = Buffer.from(certificates).toString('base64');
  const name = instance.name;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeSecret(kubeconfigPath(instance), `${JSON.stringify(kubeconfig, undefined, 2)}\n`);
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** `opt` would make a folder below /opt. The priority of a container can't be raised on every machine. */
function containerdToml(instance: Instance): string {
  return `version = 2
root = "${within(instance, 'containerd')}"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
[grpc]
address = "${containerdSocket(instance)}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseImage}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${within(instance, 'cni')}"
`;
}

function networkOf(instance: Instance): unknown {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: instance.podSubnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfiguration(instance: Instance): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${containerdSocket(instance)}`,
    resolvConf: within(instance, 'resolv.conf'),
    volumePluginDir: within(instance, 'volume-plugins'),
    clusterDNS: [instance.dnsAddress],
    clusterDomain: 'cluster.local',
    // Whatever kind of control groups this machine has, its pods share one group and have no guarantees.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    cgroupRoot: podsGroup(instance),
    enforceNodeAllocatable: [],
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    // The images can't be fetched again, so none may go away, however full the disk is.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    serializeImagePulls: false,
    maxPods: 250,
    readOnlyPort: 0,
  };
}

function proxyConfiguration(instance: Instance): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: kubeconfigPath(instance) },
    clusterCIDR: instance.podSubnet,
    // These would change settings of the whole machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '0s' },
  };
}
