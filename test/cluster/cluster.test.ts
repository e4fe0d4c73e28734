import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { installCrds, kubectl } from './cluster.ts';
import { controllerImage, echoImage } from './images.ts';
import { removeNamespaces, uniqueName } from './namespace.ts';
import { waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
const namespace = uniqueName('cluster');
const inNamespace = ['--namespace', namespace];
const labels = { app: 'echo' };

const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'echo', namespace, labels },
    spec: {
      containers: [
        {
          name: 'echo',
          image: echoImage,
          imagePullPolicy: 'IfNotPresent',
          env: [{ name: 'POD_NAME', value: 'echo' }],
          readinessProbe: { httpGet: { path: '/', port: 3000 }, periodSeconds: 1 },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'client',
          image: controllerImage,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', 'console.log("waiting"); setInterval(() => {}, 1e9)'],
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'echo', namespace },
    spec: { type: 'LoadBalancer', selector: labels, ports: [{ port: 80, targetPort: 3000 }] },
  },
];

beforeAll(async () => {
  await kubectl(kubeconfig, ['apply', '-f', '-'], objects);
  await kubectl(kubeconfig, [
    ...inNamespace,
    'wait',
    '--for=condition=Ready',
    'pod/echo',
    'pod/client',
    '--timeout=60s',
  ]);
});

afterAll(() => removeNamespaces(namespace));

describe('the cluster of the suites', () => {
  it('answers from outside on the address of a Service of type LoadBalancer', async () => {
    const address = await waitFor('an address', 30, async () => {
      const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
      return (await kubectl(kubeconfig, [...inNamespace, 'get', 'service', 'echo', '-o', path])) || undefined;
    });
    const body = await waitFor('an answer', 30, async () => {
      const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      return response?.ok ? await response.text() : undefined;
    });
    expect(JSON.parse(body)).toMatchObject({ path: '/', pod: 'echo' });
  });

  it('lets a pod call a Service by its name, and runs commands in pods', async () => {
    const script = "fetch('http://echo/').then((answer) => answer.json()).then(({ pod }) => console.log(pod))";
    const answer = await waitFor('an answer', 30, async () => {
      const command = ['exec', 'client', '--', 'node', '-e', script];
      return kubectl(kubeconfig, [...inNamespace, ...command]).catch(() => undefined);
    });
    expect(answer).toBe('echo\n');
  });

  it('gives the logs of pods', async () => {
    const logs = await waitFor('a line', 10, async () => {
      return (await kubectl(kubeconfig, [...inNamespace, 'logs', 'client'])) || undefined;
    });
    expect(logs).toBe('waiting\n');
  });

  it('takes the CRDs of the Gateway API and every CRD of ours', async () => {
    await installCrds(kubeconfig, 'experimental');
    const names = (await kubectl(kubeconfig, ['get', 'crd', '--output=name'])).split('\n');
    const egress = 'customresourcedefinition.apiextensions.k8s.io/egresses.sallyport.dev';
    expect(names).toEqual(
      expect.arrayContaining([egress, egress.replace('egresses.sallyport.dev', 'gateways.gateway.networking.k8s.io')]),
    );
  });
});
