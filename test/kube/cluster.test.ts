import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMetrics } from '../../src/admin/metrics.ts';
import { type Cluster, createCluster } from '../../src/control/cluster.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { clusterOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { FakeApiServer } from './fake-api-server.ts';

const group = 'gateway.networking.k8s.io';
const base = `/apis/${group}/v1`;
const routes = `${base}/httproutes`;
const { controllerName } = clusterOptions;

let server: FakeApiServer;
let client: KubeClient;
let cluster: Cluster;
let syncs: number;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  const served = { Gateway: 'gateways', GatewayClass: 'gatewayclasses', HTTPRoute: 'httproutes' };
  server.groups.set(
    `${group}/v1`,
    Object.entries(served).map(([kind, name]) => ({ kind, name, namespaced: kind !== 'GatewayClass' })),
  );
  const apiVersion = `${group}/v1`;
  server.put(`${base}/gatewayclasses`, {
    apiVersion,
    kind: 'GatewayClass',
    metadata: { name: 'ours', generation: 1 },
    spec: { controllerName },
  });
  server.put(`${base}/gateways`, {
    apiVersion,
    kind: 'Gateway',
    metadata: { name: 'edge', namespace: 'default', generation: 1 },
    spec: { gatewayClassName: 'ours', listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }] },
  });
  server.put('/api/v1/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: [{ port: 80 }] },
  });
  putRoute('one', 'one.example');
  client = createKubeClient({ endpoint: server.endpoint() });
  syncs = 0;
  cluster = createCluster({
    client,
    validate: createValidator(),
    translate: clusterOptions,
    xds: debianOptions,
    metrics: createMetrics(),
    log: pino({ enabled: false }),
    synced: () => (syncs += 1),
    turned() {},
    found() {},
  });
  await eventually(() => expect(cluster.controller.state()).toBeDefined());
});

afterEach(async () => {
  await cluster.stop();
  client.close();
  await server.close();
});

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 5 });

function putRoute(name: string, host: string, status?: object): void {
  server.put(routes, {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: {
      parentRefs: [{ name: 'edge' }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
    },
    ...(status === undefined ? {} : { status }),
  });
}

interface Parent {
  readonly controllerName: string;
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
}

function parentsOf(name: string): readonly Parent[] {
  const route = server.list(routes).find(({ metadata }) => metadata.name === name);
  return (route?.['status'] as { readonly parents?: readonly Parent[] } | undefined)?.parents ?? [];
}

const writes = () => server.requests.filter(({ method }) => method !== 'GET').length;
const hosts = () =>
  [...(cluster.controller.state()?.snapshot.collections.HTTPRoute.values() ?? [])].flatMap(
    ({ spec }) => spec?.hostnames ?? [],
  );

it('writes statuses while it leads and never else, and keeps those of others', async () => {
  expect(syncs).toBe(1);
  expect(cluster.waitingFor()).toEqual([]);
  putRoute('two', 'two.example', {
    parents: [{ parentRef: { name: 'other' }, controllerName: 'someone.example/else', conditions: [] }],
  });
  await eventually(() => expect(hosts()).toContain('two.example'));
  expect(writes()).toBe(0);
  cluster.lead(true);
  await eventually(() => expect(parentsOf('two')).toHaveLength(2));
  expect(parentsOf('two').map((parent) => parent.controllerName)).toContain('someone.example/else');
  await eventually(() =>
    expect(parentsOf('one')[0]?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Accepted', status: 'True' }),
    ),
  );
  cluster.lead(false);
  const before = writes();
  putRoute('three', 'three.example');
  await eventually(() => expect(hosts()).toContain('three.example'));
  expect(writes()).toBe(before);
});

it('writes what is true now when it leads again, and nothing of what it wanted before', async () => {
  const messages = () => parentsOf('one').flatMap(({ conditions }) => conditions.map(({ status }) => status));
  cluster.lead(true);
  await eventually(() => expect(messages()).toContain('True'));
  cluster.lead(false);
  server.delete('/api/v1/services', 'default', 'web');
  await eventually(() => expect(cluster.controller.state()?.snapshot.collections.Service.size).toBe(0));
  const before = writes();
  cluster.lead(true);
  await eventually(() => expect(messages()).toContain('False'));
  expect(writes()).toBe(before + 1);
});

it('makes no turn of what it has written itself', async () => {
  const before = cluster.controller.state();
  cluster.lead(true);
  const written = [
    { kind: 'GatewayClass', namespace: '', name: 'ours' },
    { kind: 'Gateway', namespace: 'default', name: 'edge' },
    { kind: 'HTTPRoute', namespace: 'default', name: 'one' },
  ] as const;
  for (const ref of written) await eventually(() => expect(cluster.source.latest(ref)?.status).toBeDefined());
  // A turn comes at the end of the round of the event loop that asked for it.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(cluster.controller.state()).toBe(before);
});

it('goes on with what it knows while the API server is away, and with what is new when it is back', async () => {
  const before = cluster.controller.state();
  await server.close();
  putRoute('late', 'late.example');
  await eventually(() => expect(cluster.findings().map(({ reason }) => reason)).toContain('Unreachable'));
  expect(cluster.controller.state()?.snapshot).toBe(before?.snapshot);
  await server.reopen();
  await eventually(() => expect(hosts()).toContain('late.example'));
  await eventually(() => expect(cluster.findings()).toEqual([]));
});
