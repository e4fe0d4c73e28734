import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findReplicas } from '../../../src/cli/cluster/replicas.ts';
import { waitFor } from '../run.ts';
import { gateway, hostOf, route } from './objects.ts';
import { ask, type Pod, World } from './world.ts';

const world = new World(inject('kubeconfig'));
const healthPort = 9902;
/** Two programs of rules that are each allowed, and together too large for Envoy. */
const tooLarge = '/\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}';

beforeAll(async () => {
  await world.start();
  await world.apply(...gateway('public'), ...gateway('other'));
  await world.apply(route('shop', 'public', 'app'), route('other', 'other', 'app'));
  await world.served('public', 'shop');
  await world.served('other', 'other');
});

afterAll(() => world.stop());

const nameOf = ({ metadata }: Pod) => metadata.name;

/** SIGKILL for all containers of the Pods, which go at once. */
async function kill(...names: readonly string[]): Promise<void> {
  await world.system('delete', 'pod', ...names, '--grace-period=0', '--force', '--wait=false');
}

interface Proxies {
  readonly discovery: readonly { readonly group: string; readonly settled: boolean; readonly ahead: boolean }[];
}

/** The proxies of the replicas, by replica. */
async function proxies(): Promise<ReadonlyMap<string, Proxies['discovery']>> {
  const choice = { kubeconfig: world.kubeconfig, controllerNamespace: 'sallyport-system', adminPort: 9901 };
  const replicas = await findReplicas(choice);
  const answers = await Promise.all(
    replicas.map(async (replica) => [replica.name, ((await replica.get('/proxies')) as Proxies).discovery] as const),
  );
  return new Map(answers);
}

/** Waits until every Envoy is connected and has nothing left to be told. */
async function settled(): Promise<void> {
  await waitFor('settled proxies', 60, async () => {
    const all = await proxies().then(
      (by) => [...by.values()].flat(),
      () => [],
    );
    const groups = new Set(all.map(({ group }) => group));
    return (groups.size === 2 && all.every((proxy) => proxy.settled && !proxy.ahead)) || undefined;
  });
}

/** How many resources the replicas' proxies have taken, or refused. */
function resourcesSent(replicas: readonly Pod[]): Promise<number> {
  return world.metric(replicas, healthPort, '/metrics', /^sallyport_n?acks_total\{/);
}

/** The condition Accepted of a route, as "True Accepted"; undefined before it has any. */
async function accepted(name: string): Promise<string | undefined> {
  const path = 'jsonpath={range .status.parents[0].conditions[?(@.type=="Accepted")]}{.status} {.reason}{end}';
  return (await world.kubectl('get', 'httproute', name, '--output', path)) || undefined;
}

describe('no request fails', () => {
  it('while all replicas of the controller are killed, and they send nothing that is there when they are back', async () => {
    const old = await world.controllers();
    expect(await resourcesSent(old)).toBeGreaterThan(0);
    let fresh: readonly Pod[] = [];
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      await kill(...old.map(nameOf));
      fresh = await world.newControllers(2, old);
      await settled();
    });
    expect(failures).toEqual([]);
    expect(await resourcesSent(fresh)).toBe(0);
  });

  it('while the leader is killed, and another one writes statuses within 15 s', async () => {
    const leader = await world.leader();
    const before = await world.newControllers(2);
    let tookMs = Infinity;
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      const killed = performance.now();
      await kill(leader);
      await world.apply(route('after-leader', 'public', 'app'));
      await waitFor('a status', 60, () => accepted('after-leader'));
      tookMs = performance.now() - killed;
      await world.served('public', 'after-leader');
      await world.newControllers(1, before);
    });
    expect(failures).toEqual([]);
    expect(tookMs).toBeLessThan(15_000);
    expect(await world.leader()).not.toBe(leader);
  });

  it('while a replica that does not lead is killed', async () => {
    const before = await world.newControllers(2);
    const leader = await world.leader();
    const follower = before.map(nameOf).find((name) => name !== leader) ?? '';
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      await kill(follower);
      await world.newControllers(1, before);
      await settled();
    });
    expect(failures).toEqual([]);
    expect(await world.leader()).toBe(leader);
  });

  it('while the replicas are restarted one by one', async () => {
    const old = await world.newControllers(2);
    let fresh: readonly Pod[] = [];
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      await world.system('rollout', 'restart', 'deployment/sallyport');
      await world.system('rollout', 'status', 'deployment/sallyport', '--timeout=180s');
      fresh = await world.newControllers(2, old);
      await settled();
    });
    expect(failures).toEqual([]);
    expect(await resourcesSent(fresh)).toBe(0);
  });
});

describe('what an Envoy refuses', () => {
  it('is said in the status when the Envoy is connected to a replica that does not lead', async () => {
    const leader = await world.leader();
    // Envoys choose their replica; one that is at the leader comes to the other when it is started again.
    await waitFor('an Envoy at the follower', 120, async () => {
      const all = await proxies();
      const isAway = [...all].some(
        ([name, of]) => name !== leader && of.some(({ group }) => group.endsWith('/public')),
      );
      if (isAway) return true;
      const [envoy] = await world.envoys('public');
      if (envoy === undefined) return undefined;
      await world.kubectl('delete', 'pod', nameOf(envoy), '--grace-period=0', '--force');
      await world.served('public', 'shop');
      return undefined;
    });
    const began = performance.now();
    const matches = [{ path: { type: 'RegularExpression', value: tooLarge } }];
    await world.apply(route('refused', 'public', 'app', { matches }));
    await waitFor('the refusal', 30, async () => (await accepted('refused'))?.startsWith('False') || undefined);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await world.leader()).toBe(leader);
    const address = await world.address('public');
    expect(await ask(address, hostOf('shop'))).toBe(200);
  });
});
