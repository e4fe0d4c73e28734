import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { waitFor } from '../run.ts';
import { gateway, route } from './objects.ts';
import { World } from './world.ts';

const world = new World(inject('kubeconfig'));
const http = [{ name: 'http', port: 80, protocol: 'HTTP' }];

beforeAll(async () => {
  await world.start();
  await world.apply(...gateway('public', http, { replicas: 2 }), route('shop', 'public', 'app'));
  await world.served('public', 'shop');
});

afterAll(() => world.stop());

describe('no request fails', () => {
  it('while nothing happens', async () => {
    const { failures, sent } = await world.underLoad('public', ['shop'], (load) => load.goOn(8));
    expect(failures).toEqual([]);
    expect(Math.min(...Object.values(sent))).toBeGreaterThan(100);
  });

  it('while the Envoys of a Gateway are restarted one by one', async () => {
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      await world.kubectl('rollout', 'restart', 'deployment/public-sallyport');
      await world.rolledOut('public-sallyport');
      // The last of the old ones are still there, and drain.
      await waitFor('the end of the old Pods', 60, async () => {
        const words = ['get', 'pods', '--selector=gateway.networking.k8s.io/gateway-name=public', '--output=name'];
        return (await world.kubectl(...words)).trim().split('\n').length === 2 || undefined;
      });
    });
    expect(failures).toEqual([]);
  });

  it('while the Envoys of a Gateway become fewer', async () => {
    const scale = async (replicas: number) => {
      await world.apply(...gateway('public', http, { replicas }));
      await waitFor(`${replicas} Envoys`, 120, async () => {
        const words = ['get', 'pods', '--selector=gateway.networking.k8s.io/gateway-name=public', '--output=name'];
        const all = (await world.kubectl(...words)).trim().split('\n');
        return (all.length === replicas && (await world.envoys('public')).length === replicas) || undefined;
      });
    };
    await scale(3);
    const { failures } = await world.underLoad('public', ['shop'], () => scale(1));
    expect(failures).toEqual([]);
    await scale(2);
  });

  it('while the backends are restarted one by one', async () => {
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      await world.kubectl('rollout', 'restart', 'deployment/app');
      await world.rolledOut('app');
      await waitFor('the end of the old Pods', 60, async () => {
        const all = (await world.kubectl('get', 'pods', '--selector=app=app', '--output=name')).trim().split('\n');
        return all.length === 2 || undefined;
      });
    });
    expect(failures).toEqual([]);
  });
});
