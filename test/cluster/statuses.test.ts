import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connect } from '../../src/cli/cluster/live.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { installCrds, kubectl } from './cluster.ts';
import { type Installation, installSallyport } from './install.ts';
import {
  addressOf,
  apply,
  ask,
  createNamespace,
  echo,
  httpGateway,
  httpRoute,
  type LiveObject,
  read,
  removeNamespaces,
  uniqueName,
} from './namespace.ts';
import { waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
const ours = 'sallyport.dev/gateway-controller';
const theirs = 'example.com/second-writer';
const foreignClass = uniqueName('foreign');

let installation: Installation | undefined;
let shop: string;
let kube: KubeClient;

beforeAll(async () => {
  await installCrds(kubeconfig, 'experimental');
  installation = await installSallyport(kubeconfig, { values: ['ingress.create=false'] });
  kube = await connect({ kubeconfig });
  shop = await createNamespace('shop');
  await apply(...echo(shop, 'cart'), httpGateway(shop, 'public'));
  await addressOf(shop, 'public');
}, 300_000);

afterAll(async () => {
  kube.close();
  await removeNamespaces(shop);
  await kubectl(kubeconfig, ['delete', 'gatewayclass', foreignClass, '--ignore-not-found']);
  await installation?.uninstall();
}, 300_000);

function pathOf(route: string): string {
  return `/apis/gateway.networking.k8s.io/v1/namespaces/${shop}/httproutes/${route}`;
}

async function get(route: string): Promise<LiveObject> {
  const answer = await kube.request('GET', pathOf(route));
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value as LiveObject;
}

function entryOf(route: LiveObject, controllerName: string) {
  return route.status?.parents?.find((entry) => entry.controllerName === controllerName);
}

/** One round of a controller that keeps an entry of its own: read, modify, write, and again where it was not the newest. */
async function writeRound(route: string, round: number): Promise<void> {
  for (;;) {
    const live = await get(route);
    const condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: `round ${round}` };
    const own = {
      parentRef: { name: 'elsewhere' },
      controllerName: theirs,
      conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: round }],
    };
    const before = entryOf(live, theirs);
    if (round > 0) expect(before?.conditions?.[0]?.message).toBe(`round ${round - 1}`);
    const others = (live.status?.parents ?? []).filter(({ controllerName }) => controllerName !== theirs);
    const body = { ...live, status: { parents: [...others, own] } };
    const written = await kube.request('PUT', `${pathOf(route)}/status`, { body });
    if (written.ok) return;
    if (written.error.kind !== 'Conflict') throw new Error(written.error.message);
  }
}

async function isCurrent(route: string): Promise<true | undefined> {
  const live = await get(route);
  const conditions = entryOf(live, ours)?.conditions ?? [];
  const { generation } = live.metadata;
  const isSo = conditions.length > 0 && conditions.every((one) => one.observedGeneration === generation);
  return isSo || undefined;
}

async function attachedRoutes(): Promise<number | undefined> {
  return (await read('gateway', shop, 'public')).status?.listeners?.[0]?.attachedRoutes;
}

/** The sum over all replicas of what they wrote of a kind. */
async function writesOf(kind: string): Promise<number> {
  const selector = 'app.kubernetes.io/name=sallyport,app.kubernetes.io/component=controller';
  const words = ['--namespace', 'sallyport-system', 'get', 'pods', '--selector', selector];
  const addresses = await kubectl(kubeconfig, [...words, '--output=jsonpath={.items[*].status.podIP}']);
  const pages = await Promise.all(addresses.split(' ').map((address) => ask(address, 'metrics', '/metrics', 9902)));
  const lines = pages.flatMap((page) => page?.body.split('\n') ?? []);
  return lines
    .filter((line) => line.startsWith('sallyport_status_writes_total') && line.includes(`kind="${kind}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

it('loses no entry of a second writer in 1,000 rounds, while its own changes', async () => {
  const routes = Array.from({ length: 8 }, (_, index) => `shared-${index}`);
  const rounds = 125;
  await apply(...routes.map((name) => httpRoute(shop, name, 'public', `${name}.example.com`, 'cart')));
  const contentType = 'application/merge-patch+json';
  await Promise.all(
    routes.map(async (route) => {
      for (let round = 0; round < rounds; round++) {
        await writeRound(route, round);
        if (round % 5 > 0) continue;
        const body = { spec: { hostnames: [`${route}-${round}.example.com`] } };
        const patched = await kube.request('PATCH', pathOf(route), { body, contentType });
        expect(patched.ok).toBe(true);
      }
    }),
  );
  for (const route of routes) {
    await waitFor(`the status of ${route} to be current`, 30, () => isCurrent(route));
    const live = await get(route);
    expect(live.metadata.generation).toBe(26);
    expect(entryOf(live, theirs)?.conditions?.[0]?.message).toBe(`round ${rounds - 1}`);
    expect(live.status?.parents).toHaveLength(2);
  }
});

it('counts attached routes exactly while 200 come and go', async () => {
  const before = (await attachedRoutes()) ?? 0;
  const names = Array.from({ length: 200 }, (_, index) => `many-${index}`);
  await apply(...names.map((name) => httpRoute(shop, name, 'public', `${name}.example.com`, 'cart')));
  await waitFor('200 routes more', 30, async () => (await attachedRoutes()) === before + 200 || undefined);
  await kubectl(kubeconfig, ['--namespace', shop, 'delete', 'httproute', ...names.slice(0, 77), '--wait=false']);
  await waitFor('77 routes less', 30, async () => (await attachedRoutes()) === before + 123 || undefined);
  await kubectl(kubeconfig, ['--namespace', shop, 'delete', 'httproute', ...names.slice(77), '--wait=false']);
  await waitFor('as before', 30, async () => (await attachedRoutes()) === before || undefined);
});

it('writes nothing when nothing of its own differs', async () => {
  const sentinel = async (name: string) => {
    await apply(httpRoute(shop, name, 'public', `${name}.example.com`, 'cart'));
    await waitFor(`the status of ${name}`, 30, () => isCurrent(name));
    return waitFor('the write to be counted', 30, async () => (await writesOf('HTTPRoute')) || undefined);
  };
  const before = await sentinel('first');
  // Each is read and is a change of its object, but not of what its status says.
  for (let index = 0; index < 20; index++) {
    await kubectl(kubeconfig, ['--namespace', shop, 'annotate', 'httproute', 'first', '--overwrite', `round=${index}`]);
  }
  await writeRound('first', 0);
  expect(await sentinel('second')).toBe(before + 1);
});

it('leaves the statuses of what another controller serves alone', async () => {
  const condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'theirs', observedGeneration: 1 };
  const conditions = [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }];
  await apply({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: foreignClass },
    spec: { controllerName: theirs },
  });
  const gateway = httpGateway(shop, 'foreign') as { readonly spec: object };
  await apply({ ...gateway, spec: { ...gateway.spec, gatewayClassName: foreignClass } });
  await apply(httpRoute(shop, 'foreign', 'foreign', 'foreign.example.com', 'cart'));
  for (const [kind, status] of [
    ['gateway', { conditions }],
    ['httproute', { parents: [{ parentRef: { name: 'foreign' }, controllerName: theirs, conditions }] }],
  ] as const) {
    const patch = ['--subresource=status', '--type=merge', '--patch', JSON.stringify({ status })];
    await kubectl(kubeconfig, ['--namespace', shop, 'patch', kind, 'foreign', ...patch]);
  }
  const versions = async () =>
    Promise.all(
      [
        read('gateway', shop, 'foreign'),
        read('httproute', shop, 'foreign'),
        read('gatewayclass', shop, foreignClass),
      ].map(async (one) => (await one).metadata.resourceVersion),
    );
  const before = await versions();
  // By then everything before it was read and judged.
  await apply(httpRoute(shop, 'third', 'public', 'third.example.com', 'cart'));
  await waitFor('the status of a later route', 30, () => isCurrent('third'));
  expect(await versions()).toEqual(before);
});
