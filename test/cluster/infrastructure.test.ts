import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from 'vitest';
import { createInfrastructureClient } from '../../src/control/kube-infrastructure-client.ts';
import { defaultLifetimes } from '../../src/infra/authority/plan.ts';
import type { KubernetesClient } from '../../src/infra/kubernetes/client.ts';
import { createInfrastructure, type Infrastructure } from '../../src/infra/kubernetes/infrastructure.ts';
import type { KubernetesObject } from '../../src/infra/kubernetes/object.ts';
import type { WantedGateway } from '../../src/infra/kubernetes/wanted.ts';
import { connect } from '../../src/cli/cluster/live.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { renderOptions, wantedGateway } from '../fixture/wanted-gateway.ts';
import { installCrds } from './cluster.ts';
import { envoyImage } from './images.ts';
import { removeNamespaces, uniqueName } from './namespace.ts';

const namespace = uniqueName('infra');
const gateways = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways`;

let kube: KubeClient;
let client: KubernetesClient;
let infrastructure: Infrastructure | undefined;
/** What was written, as `apply Kind/name`. */
let writes: string[];

beforeAll(async () => {
  const file = inject('kubeconfig');
  await installCrds(file, 'experimental');
  kube = await connect({ kubeconfig: file });
  await must(kube.request('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } }));
  const real = createInfrastructureClient(kube, [namespace]);
  client = {
    ...real,
    async apply(object, manager) {
      writes.push(`apply ${object.kind}/${object.metadata.name}`);
      await real.apply(object, manager);
    },
    async delete(ref, uid) {
      writes.push(`delete ${ref.kind}/${ref.name}`);
      await real.delete(ref, uid);
    },
  };
});

afterEach(async () => {
  await infrastructure?.stop();
  infrastructure = undefined;
});

afterAll(async () => {
  await removeNamespaces(namespace);
  kube.close();
});

async function must(answer: ReturnType<KubeClient['request']>): Promise<KubernetesObject> {
  const result = await answer;
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`);
  return result.value as KubernetesObject;
}

/** A Gateway of a class that nobody serves, for objects to belong to. */
async function makeGateway(name: string): Promise<WantedGateway> {
  const listeners = [{ name: 'http', port: 80, protocol: 'HTTP' }];
  const body = { metadata: { name }, spec: { gatewayClassName: 'nobodys', listeners } };
  const { metadata } = await must(
    kube.request('POST', gateways, { body: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', ...body } }),
  );
  const gateway = { namespace, name, uid: metadata.uid ?? '' };
  return wantedGateway({ gateway, className: 'nobodys', template: { image: envoyImage } });
}

function start(): Infrastructure {
  writes = [];
  infrastructure = createInfrastructure({
    client,
    namespace,
    lifetimes: defaultLifetimes,
    render: renderOptions,
    clock: { now: () => Date.now(), schedule: () => () => {} },
    changed() {},
  });
  return infrastructure;
}

/** Returns what it took to get there. */
async function apply(running: Infrastructure, wanted: readonly WantedGateway[]): Promise<readonly string[]> {
  writes = [];
  running.apply({ gateways: wanted, kept: new Set(), foreignClasses: new Set() });
  await running.idle();
  return writes;
}

const read = (apiVersion: string, kind: string, name: string) => client.read({ apiVersion, kind, namespace, name });

async function replicas(name: string): Promise<unknown> {
  const deployment = await read('apps/v1', 'Deployment', name);
  return (deployment?.['spec'] as { readonly replicas?: number } | undefined)?.replicas;
}

it('makes what a Gateway needs, finds it as it is wanted, and the Envoy runs', async () => {
  const wanted = await makeGateway('plain');
  const running = start();
  expect(await apply(running, [wanted])).toContain('apply Deployment/plain-nobodys');
  expect([...running.problems()]).toEqual([]);
  expect(await apply(running, [wanted])).toEqual([]);
  const query = { labelSelector: 'gateway.networking.k8s.io/gateway-name=plain' };
  // Started with a read-only file system, as nobody, with what it is mounted; ready it is not, without a server to ask.
  await vi.waitFor(
    async () => {
      const { items } = await must(kube.request('GET', `/api/v1/namespaces/${namespace}/pods`, { query }));
      const [pod] = items as readonly { readonly status: { readonly containerStatuses?: readonly object[] } }[];
      expect(pod?.status.containerStatuses).toMatchObject([
        { ready: false, restartCount: 0, state: { running: expect.anything() } },
      ]);
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(await apply(running, [wanted])).toEqual([]);
});

it('puts right what somebody has changed', async () => {
  const wanted = await makeGateway('changed');
  const running = start();
  await apply(running, [wanted]);
  const path = `/api/v1/namespaces/${namespace}/services/changed-nobodys`;
  const contentType = 'application/merge-patch+json';
  await must(kube.request('PATCH', path, { contentType, body: { spec: { type: 'NodePort' } } }));
  expect(await apply(running, [wanted])).toEqual(['apply Service/changed-nobodys']);
});

it('hands the number of pods over to an autoscaler and back without a moment of one pod', async () => {
  const wanted = await makeGateway('scaled');
  const at = (template: WantedGateway['template']): WantedGateway => ({
    ...wanted,
    // No pod is to run for this.
    template: { image: envoyImage, nodeSelector: { nobody: 'has' }, ...template },
  });
  const running = start();
  await apply(running, [at({ replicas: 3 })]);
  expect(await replicas('scaled-nobodys')).toBe(3);
  await apply(running, [at({ autoscaling: { minReplicas: 2, maxReplicas: 5 } })]);
  expect(await replicas('scaled-nobodys')).toBe(3);
  expect(await apply(running, [at({ autoscaling: { minReplicas: 2, maxReplicas: 5 } })])).toEqual([]);
  await apply(running, [at({ replicas: 4 })]);
  expect(await replicas('scaled-nobodys')).toBe(4);
  expect(await read('autoscaling/v2', 'HorizontalPodAutoscaler', 'scaled-nobodys')).toBeUndefined();
});

it('takes over nothing of others', async () => {
  const wanted = await makeGateway('taken');
  const running = start();
  const mine = { metadata: { name: 'taken-nobodys' }, spec: { ports: [{ port: 5432 }] } };
  await must(kube.request('POST', `/api/v1/namespaces/${namespace}/services`, { body: mine }));
  await apply(running, [wanted]);
  expect([...running.problems().values()]).toMatchObject([{ reason: 'Conflict' }]);
  expect(await read('apps/v1', 'Deployment', 'taken-nobodys')).toBeUndefined();
  const service = await read('v1', 'Service', 'taken-nobodys');
  expect(service?.metadata.labels).toBeUndefined();
});

it('leaves nothing of a Gateway that is gone', async () => {
  const wanted = await makeGateway('gone');
  const running = start();
  await apply(running, [wanted]);
  await must(kube.request('DELETE', `${gateways}/gone`));
  // The cluster itself collects what belonged to it.
  await vi.waitFor(
    async () => {
      for (const [version, kind] of [
        ['apps/v1', 'Deployment'],
        ['v1', 'Service'],
        ['v1', 'Secret'],
      ] as const) {
        expect(await read(version, kind, 'gone-nobodys')).toBeUndefined();
      }
    },
    { timeout: 60_000, interval: 200 },
  );
});
