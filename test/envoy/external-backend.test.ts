import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/ir/cluster.ts';
import { cluster, forward, prefix, route, weighted } from '../fixture/ir.ts';
import { startBackend, type Backend } from './backend.ts';
import { startHttpGateway, type HttpGateway } from './http-gateway.ts';

// `localhost` stands for a host outside: it is in no file of objects, as it is none.
let backend: Backend;
let gateway: HttpGateway;

function external(name: string, port: number, refusedRanges: readonly string[]): Cluster {
  return { ...cluster(name), dns: { hostname: 'localhost', port, refusedRanges } };
}

beforeAll(async () => {
  backend = await startBackend('outside');
  gateway = await startHttpGateway({
    hosts: {
      'a.test': [
        route('guarded', prefix('/guarded'), forward([weighted('guarded')])),
        route('open', prefix('/'), forward([weighted('open')])),
      ],
    },
    clusters: [
      external('guarded', backend.port, ['127.0.0.0/8', '::1/128']),
      external('open', backend.port, ['10.0.0.0/8']),
    ],
    endpoints: [],
  });
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.stop();
});

describe('a host outside, on a real Envoy', () => {
  it('is found by its name', async () => {
    await expect.poll(async () => (await gateway.get('/x')).status).toBe(200);
  });

  it('gets no request at an address that is refused', async () => {
    await expect.poll(async () => (await gateway.get('/guarded')).status).toBe(403);
    expect(backend.seen.filter(({ path }) => path === '/guarded')).toEqual([]);
  });
});
