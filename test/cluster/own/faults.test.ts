import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { down, isUp, kubectl, up } from '../cluster.ts';
import { signalComponent, startComponent, stopComponent } from '../components.ts';
import { compactEtcd } from '../faults.ts';
import { gateway, hostOf, route } from '../faults/objects.ts';
import { ask, World } from '../faults/world.ts';
import { instanceNumber, kubeconfigPath } from '../instance.ts';
import { waitFor } from '../run.ts';

const instance = instanceNumber(6);
const kubeconfig = kubeconfigPath(instance);
const world = new World(kubeconfig);

let isOurs = false;

beforeAll(async () => {
  // Its components are to be stopped: it is nobody else's.
  if (isUp(instance)) throw new Error(`the cluster ${instance.name} is up already, for something else`);
  isOurs = true;
  await up(instance);
  await world.start();
  await world.apply(...gateway('public', [{ name: 'http', port: 80, protocol: 'HTTP' }], { replicas: 2 }));
  await world.apply(route('shop', 'public', 'app'), route('removed', 'public', 'app'));
  await world.served('public', 'shop');
  await world.served('public', 'removed');
});

afterAll(() => (isOurs ? down(instance) : undefined));

function ready(): Promise<true> {
  return waitFor('the API server', 60, () =>
    kubectl(kubeconfig, ['get', '--raw', '/readyz', '--request-timeout=2s']).then(
      () => true as const,
      () => undefined,
    ),
  );
}

/** The process of an Envoy, which names its Pod on its command line. */
function processOf(pod: string): number {
  const found = readdirSync('/proc').find((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      return words[0]?.endsWith('envoy') === true && words.includes(pod);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
  if (found === undefined) throw new Error(`no Envoy of Pod ${pod}`);
  return Number(found);
}

describe('no request fails', () => {
  it('while the API server is away for 30 s and comes back without its history', async () => {
    await world.apply(route('before', 'public', 'app'));
    const { failures } = await world.underLoad('public', ['shop'], async (load) => {
      await stopComponent(instance, 'kube-apiserver');
      await load.goOn(30);
      await compactEtcd(instance);
      await startComponent(instance, 'kube-apiserver');
      await ready();
      await world.kubectl('delete', 'httproute', 'removed');
      await world.apply(route('after', 'public', 'app'));
      await world.served('public', 'after');
      await world.served('public', 'before');
      const address = await world.address('public');
      await waitFor('the end of a route', 60, async () => (await ask(address, hostOf('removed'))) === 404 || undefined);
    });
    expect(failures).toEqual([]);
  });

  it('while etcd hangs for 20 s', async () => {
    const { failures } = await world.underLoad('public', ['shop'], async (load) => {
      signalComponent(instance, 'etcd', 'SIGSTOP');
      try {
        await load.goOn(20);
      } finally {
        signalComponent(instance, 'etcd', 'SIGCONT');
      }
      await ready();
      await world.apply(route('after-hang', 'public', 'app'));
      await world.served('public', 'after-hang');
    });
    expect(failures).toEqual([]);
  });
});

describe('an Envoy that is killed', () => {
  it('takes along what is under way on it, and what is sent to it before the cluster knows', async () => {
    const [envoy] = await world.envoys('public');
    const name = envoy?.metadata.name ?? '';
    const isReady = async () => (await world.envoys('public')).some(({ metadata }) => metadata.name === name);
    let killedAt = 0;
    let knownAt = 0;
    const { all } = await world.underLoad('public', ['shop'], async (load) => {
      killedAt = performance.now();
      process.kill(processOf(name), 'SIGKILL');
      await waitFor('the loss to be known', 30, async () => !(await isReady()) || undefined);
      // kube-proxy hears of it from the API server.
      await load.goOn(2);
      knownAt = performance.now();
      await waitFor('the Envoy', 60, async () => (await isReady()) || undefined);
      await load.goOn(3);
    });
    const cut = all.filter(({ sentAt, failedAt }) => sentAt < killedAt && failedAt >= killedAt);
    const unknowing = all.filter(({ sentAt }) => sentAt >= killedAt && sentAt < knownAt);
    expect(all.filter((failure) => !cut.includes(failure) && !unknowing.includes(failure))).toEqual([]);
    // Nobody listens: a client that tries again reaches the other one.
    const problems = new Set(unknowing.map(({ problem }) => problem.replace(/ [0-9.]+:80$/, '')));
    expect(
      [...problems].filter(
        (problem) => !/ECONNREFUSED|ECONNRESET|socket hang up|closed without an answer/.test(problem),
      ),
    ).toEqual([]);
  });
});
