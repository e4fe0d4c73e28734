import { readyPath } from '../bootstrap/probes.ts';
import { bootstrapFile, certificateFolder, configFolder, probePort, runFolder } from './config-map.ts';
import type { KubernetesObject } from './object.ts';
import { labelsOf, metadataOf, podSelector } from './parts.ts';
import type { RenderOptions, WantedGateway } from './wanted.ts';

const user = 65_532;

/** From when a pod is told to end until nobody sends it new connections any more. */
const unnoticedSeconds = 5;

function drainSeconds({ template }: WantedGateway, { defaults }: RenderOptions): number {
  return template.drainSeconds ?? defaults.drainSeconds;
}

function envoyArguments(wanted: WantedGateway, options: RenderOptions): readonly string[] {
  const { gateway, template } = wanted;
  return [
    ...['-c', `${configFolder}/${bootstrapFile}`],
    ...['--service-node', '$(POD_NAME)'],
    ...['--service-cluster', `${gateway.namespace}/${gateway.name}`],
    ...['--concurrency', String(template.concurrency ?? options.defaults.concurrency)],
    ...['--drain-time-s', String(Math.max(1, drainSeconds(wanted, options)))],
    // What is left at the end of that time is cut: nobody is to begin anything on an old connection for most of it.
    ...['--drain-strategy', 'immediate'],
    ...['--log-level', 'warning'],
    '--disable-hot-restart',
  ];
}

function container(wanted: WantedGateway, options: RenderOptions): object {
  const { template } = wanted;
  return {
    name: 'envoy',
    image: template.image ?? options.image,
    imagePullPolicy: template.imagePullPolicy ?? 'IfNotPresent',
    command: ['envoy'],
    args: envoyArguments(wanted, options),
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    // Listeners are not named here: a new one must not make new pods.
    ports: [{ name: 'probes', containerPort: probePort, protocol: 'TCP' }],
    readinessProbe: {
      httpGet: { path: readyPath, port: 'probes' },
      periodSeconds: 2,
      // Where all of a Gateway's pods are short of processor time, slow answers are better than none.
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    lifecycle: { preStop: { sleep: { seconds: drainSeconds(wanted, options) + unnoticedSeconds } } },
    resources: { requests: { cpu: '50m', memory: '64Mi' }, ...template.resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'config', mountPath: configFolder, readOnly: true },
      { name: 'certificate', mountPath: certificateFolder, readOnly: true },
      { name: 'run', mountPath: runFolder },
    ],
  };
}

function spreadConstraints(wanted: WantedGateway): readonly object[] {
  return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: podSelector(wanted) },
    matchLabelKeys: ['pod-template-hash'],
  }));
}

function podSpec(wanted: WantedGateway, options: RenderOptions, name: string): object {
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints } = wanted.template;
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: drainSeconds(wanted, options) + 2 * unnoticedSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
      // Envoy binds the ports of its listeners, such as 80, without a capability.
      sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
    },
    containers: [container(wanted, options)],
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'certificate', secret: { secretName: name, defaultMode: 0o440 } },
      { name: 'run', emptyDir: {} },
    ],
    topologySpreadConstraints: topologySpreadConstraints ?? spreadConstraints(wanted),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(affinity === undefined ? {} : { affinity }),
  };
}

/** `configHash` tells the content of the ConfigMap, so that Envoys start anew when it changes. */
export function renderDeployment(wanted: WantedGateway, options: RenderOptions, configHash: string): KubernetesObject {
  const { template } = wanted;
  const metadata = metadataOf(wanted);
  // An autoscaler's number is its own.
  const replicas =
    template.autoscaling === undefined ? { replicas: template.replicas ?? options.defaults.replicas } : {};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      ...replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: podSelector(wanted) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: { ...template.podLabels, ...labelsOf(wanted) },
          annotations: { ...wanted.annotations, ...template.podAnnotations, 'sallyport.dev/bootstrap': configHash },
        },
        spec: podSpec(wanted, options, metadata.name),
      },
    },
  };
}
