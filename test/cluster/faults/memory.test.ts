import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { controllerImage } from '../images.ts';
import { waitFor } from '../run.ts';
import { gateway, route } from './objects.ts';
import { World } from './world.ts';

const world = new World(inject('kubeconfig'));

beforeAll(async () => {
  await world.start();
  await world.apply(...gateway('public'), route('shop', 'public', 'app'));
  await world.served('public', 'shop');
});

afterAll(() => world.stop());

/** What a node that is short of memory goes by: the class of a Pod, and how often its containers ended. */
async function survivors() {
  const pods = [...(await world.envoys('public')), ...(await world.controllers())];
  return pods.map(({ metadata, status }) => ({
    name: metadata.name,
    qosClass: status.qosClass,
    restarts: status.containerStatuses?.map(({ restartCount }) => restartCount),
  }));
}

describe('a node whose memory is fought for', () => {
  it('has others to end before Envoys and replicas of the controller', async () => {
    const before = await survivors();
    // Pods without requests go first, and are killed first by the kernel.
    expect(new Set(before.map(({ qosClass }) => qosClass))).toEqual(new Set(['Burstable']));
    const script = 'const all = []; setInterval(() => all.push(Buffer.alloc(32 * 2 ** 20, 1)), 20)';
    const { failures } = await world.underLoad('public', ['shop'], async (load) => {
      await world.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'greedy' },
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'greedy',
              image: controllerImage,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '--eval', script],
              resources: { requests: { memory: '0' }, limits: { memory: '512Mi' } },
            },
          ],
        },
      });
      await waitFor('the end of the greedy one', 60, async () => {
        const path = 'jsonpath={.status.containerStatuses[0].state.terminated.reason}';
        return (await world.kubectl('get', 'pod', 'greedy', '--output', path)) || undefined;
      });
      await load.goOn(2);
    });
    expect(failures).toEqual([]);
    expect(await survivors()).toEqual(before);
  });
});
