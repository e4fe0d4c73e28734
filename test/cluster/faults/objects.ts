// The objects that the fault tests put into a cluster, each with a namespace that is set when it is applied.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../cache.ts';
import { controllerImage } from '../images.ts';

/** An object of Kubernetes, as it is applied. */
export type Manifest = Readonly<Record<string, unknown>>;

const backendPort = 8080;
/** Longer than the 5 s of a streamed response, and what the proxies need to hear of it. */
const backendDrainSeconds = 12;

const backendFiles = ['backend.ts', 'serve.ts'];

/** The server of the load tests with a Service before it, by the Node of the controller's image. */
export function backend(name: string, replicas = 2): readonly Manifest[] {
  const data = Object.fromEntries(
    backendFiles.map((file) => [file, readFileSync(join(root, 'test/load', file), 'utf8')]),
  );
  const labels = { app: name };
  const container = {
    name: 'backend',
    image: controllerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/backend/serve.ts', String(backendPort)],
    ports: [{ name: 'http', containerPort: backendPort }],
    // Without a share of its own a Pod is the last to run where much else does.
    resources: { requests: { cpu: '100m' } },
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1, timeoutSeconds: 5 },
    lifecycle: { preStop: { sleep: { seconds: backendDrainSeconds } } },
    volumeMounts: [{ name: 'files', mountPath: '/backend' }],
  };
  const spec = {
    enableServiceLinks: false,
    containers: [container],
    volumes: [{ name: 'files', configMap: { name } }],
  };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: { metadata: { labels }, spec: { ...spec, terminationGracePeriodSeconds: 2 * backendDrainSeconds } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
  ];
}

/** A Gateway of the chart's class, whose Envoys are as `template` says. */
export function gateway(
  name: string,
  listeners: readonly Manifest[] = [{ name: 'http', port: 80, protocol: 'HTTP' }],
  template: Manifest = {},
): readonly Manifest[] {
  const parametersRef = { group: 'sallyport.dev', kind: 'GatewayTemplate', name };
  // Otherwise kube-proxy gives each connection of the one caller here a port of its own choice. After a minute of 200 new
  // ones a second it meets those just closed, and now and then a connection is not there for a second: with one Envoy and
  // nothing else happening 8 of 62,500 requests were late for it, and none with this.
  const service = { externalTrafficPolicy: 'Local' };
  const spec = { concurrency: 1, resources: { requests: { cpu: '250m', memory: '64Mi' } }, service, ...template };
  return [
    { apiVersion: 'sallyport.dev/v1alpha1', kind: 'GatewayTemplate', metadata: { name }, spec },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name },
      spec: { gatewayClassName: 'sallyport', listeners, infrastructure: { parametersRef } },
    },
  ];
}

/** The host of a route by its name. */
export function hostOf(route: string): string {
  return `${route}.faults.example`;
}

/** An HTTPRoute for the host of its name; `rule` adds to its one rule. */
export function route(name: string, parent: string, service: string, rule: Manifest = {}): Manifest {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: {
      parentRefs: [{ name: parent }],
      hostnames: [hostOf(name)],
      rules: [{ backendRefs: [{ name: service, port: 80 }], ...rule }],
    },
  };
}
