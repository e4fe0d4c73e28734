import { describe, expect, it } from 'vitest';
import type { ObjectLiveness } from '../../control/liveness.ts';
import { gatewayName } from '../../ir/name.ts';
import { askLiveness, type Replica } from './replicas.ts';

const object = { kind: 'HTTPRoute', namespace: 'shop', name: 'cart' } as const;
const gateway = gatewayName('shop', 'public');

function replica(name: string, answer: unknown): Replica {
  return { name, get: () => Promise.resolve(answer) };
}

function liveness(generation: number, proxy: string): ObjectLiveness {
  const proxies = [{ gateway, proxy, live: true, draining: false }];
  return { object, found: true, generation, gateways: [gateway], proxies, problems: [] };
}

describe('what replicas together know of an object', () => {
  it('is not that it is live where a replica has yet to read its newest version', async () => {
    const asked = await askLiveness([replica('a', liveness(2, 'x')), replica('b', liveness(1, 'y'))], object);
    expect(asked.generation).toBe(2);
    expect(asked.proxies.map(({ proxy, live }) => [proxy, live])).toEqual([
      ['x', true],
      ['y', false],
    ]);
  });

  it('can not be told while one of them is only starting, which is named', async () => {
    const starting = replica('b', { error: 'nothing is read yet' });
    await expect(askLiveness([replica('a', liveness(1, 'x')), starting], object)).rejects.toThrow(
      "b can't tell yet: nothing is read yet",
    );
  });
});
