// A namespace of one suite with what lives in it, and questions to it from this host.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { inject } from 'vitest';
import { kubectl } from './cluster.ts';
import { controllerImage, echoImage } from './images.ts';
import { waitFor } from './run.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

/** An object of the API, as far as the suites look into it. */
export interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
  };
  readonly spec?: { readonly clusterIP?: string };
  readonly status?: {
    readonly addresses?: readonly { readonly value: string }[];
    readonly podIP?: string;
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] };
    readonly conditions?: readonly Condition[];
    readonly listeners?: readonly {
      readonly name: string;
      readonly attachedRoutes: number;
      readonly conditions: readonly Condition[];
    }[];
    readonly parents?: readonly { readonly controllerName: string; readonly conditions?: readonly Condition[] }[];
    readonly ancestors?: readonly { readonly controllerName: string; readonly conditions: readonly Condition[] }[];
    readonly supportedFeatures?: readonly { readonly name: string }[];
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const kubeconfig = inject('kubeconfig');

export async function apply(...objects: readonly unknown[]): Promise<void> {
  await kubectl(kubeconfig, ['apply', '--server-side', '--force-conflicts', '--filename', '-'], objects);
}

export async function read(kind: string, namespace: string, name: string): Promise<LiveObject> {
  return JSON.parse(await kubectl(kubeconfig, ['--namespace', namespace, 'get', kind, name, '--output=json']));
}

export async function remove(kind: string, namespace: string, ...names: readonly string[]): Promise<void> {
  await kubectl(kubeconfig, ['--namespace', namespace, 'delete', kind, ...names, '--ignore-not-found', '--wait']);
}

/** A name that no other suite has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

export async function createNamespace(prefix: string): Promise<string> {
  const name = uniqueName(prefix);
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

/** Removes them and waits until they are gone. Nothing is being served there any more, so no Pod may take time to drain. */
export async function removeNamespaces(...names: readonly (string | undefined)[]): Promise<void> {
  const made = names.filter((name) => name !== undefined);
  if (made.length === 0) return;
  const words = ['namespace', ...made, '--ignore-not-found'];
  await kubectl(kubeconfig, ['delete', ...words, '--wait=false']);
  const hurry = ['--all', '--grace-period=1', '--wait=false'];
  await Promise.all(made.map((name) => kubectl(kubeconfig, ['--namespace', name, 'delete', 'pods', ...hurry])));
  await kubectl(kubeconfig, ['delete', ...words, '--wait']);
}

/** The address of a Gateway, when it says that it is programmed. */
export function addressOf(namespace: string, name: string, seconds = 90): Promise<string> {
  return waitFor(`an address of Gateway ${namespace}/${name}`, seconds, async () => {
    const { status } = await read('gateway', namespace, name);
    const isProgrammed = status?.conditions?.some(({ type, status: is }) => type === 'Programmed' && is === 'True');
    return isProgrammed === true ? status?.addresses?.[0]?.value : undefined;
  });
}

/** One request on a connection of its own; undefined where nothing answers. */
export function ask(address: string, host: string, path: string, port = 80): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const headers = { host };
    const sent = request({ host: address, port, path, headers, agent: false, timeout: 3_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve(undefined));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

/** Asks until the answer has this status. */
export function askUntil(address: string, host: string, path: string, status: number): Promise<Answer> {
  return waitFor(`${status} for http://${host}${path}`, 60, async () => {
    const answer = await ask(address, host, path);
    return answer?.status === status ? answer : undefined;
  });
}

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 65_532,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A Pod that answers with what it was asked, and a Service of the same name before it. */
export function echo(namespace: string, name: string, service: object = {}): readonly object[] {
  const labels = { app: name };
  const fieldEnv = (variable: string, fieldPath: string) => ({
    name: variable,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const container = {
    name: 'echo',
    image: echoImage,
    imagePullPolicy: 'IfNotPresent',
    env: [fieldEnv('POD_NAME', 'metadata.name'), fieldEnv('NAMESPACE', 'metadata.namespace')],
    readinessProbe: { httpGet: { port: 3000 }, periodSeconds: 1 },
    securityContext: restricted,
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name, labels },
      spec: { containers: [container], terminationGracePeriodSeconds: 0 },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 3000 }], ...service },
    },
  ];
}

/** A Pod of Node that runs a program. */
export function nodePod(
  namespace: string,
  name: string,
  labels: { readonly [key: string]: string },
  program: string,
): object {
  const container = {
    name: 'node',
    image: controllerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/usr/local/bin/node', '-e'],
    args: [program],
    securityContext: restricted,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { containers: [container], terminationGracePeriodSeconds: 0 },
  };
}

/** A Gateway with one HTTP listener on port 80. */
export function httpGateway(namespace: string, name: string) {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace, name },
    spec: {
      gatewayClassName: 'sallyport',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
    },
  };
}

/** A route of one hostname to the port 80 of one Service. */
export function httpRoute(namespace: string, name: string, gateway: string, hostname: string, service: string) {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace, name },
    spec: {
      parentRefs: [{ name: gateway }],
      hostnames: [hostname],
      rules: [{ backendRefs: [{ name: service, port: 80 }] }],
    },
  };
}
