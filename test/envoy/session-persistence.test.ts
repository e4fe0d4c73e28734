import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointSet } from '../../src/ir/cluster.ts';
import type { SessionPersistence } from '../../src/ir/filter.ts';
import { cluster, forward, prefix, route, serviceCluster, weighted } from '../fixture/ir.ts';
import { startBackend, type Backend } from './backend.ts';
import { startHttpGateway, type HttpGateway } from './http-gateway.ts';
import type { Reply } from './request.ts';

const backends: Backend[] = [];
let gateway: HttpGateway;

const sticky = (name: string, session: SessionPersistence) =>
  route(name, prefix(`/${name}`), forward([weighted('all')], { sessionPersistence: session }));

beforeAll(async () => {
  for (const name of ['a', 'b', 'c']) {
    backends.push(
      await startBackend(name, 'http1', () => ({
        status: 200,
        headers: { 'set-cookie': ['own=1; Max-Age=60', 'two=2'] },
      })),
    );
  }
  const localities = backends.map((backend, i) => ({
    name: backend.name,
    weight: i + 1,
    endpoints: [{ address: '127.0.0.1', port: backend.port }],
  }));
  const endpoints: EndpointSet = { cluster: serviceCluster('all'), localities };
  gateway = await startHttpGateway({
    hosts: {
      'a.test': [
        sticky('session', { kind: 'Cookie', name: 'sid', path: '/', lifetime: 'Session' }),
        sticky('permanent', { kind: 'Cookie', name: 'sid', path: '/', lifetime: 'Permanent', ttlMs: 60_000 }),
        sticky('limited', { kind: 'Cookie', name: 's.-id', path: '/', lifetime: 'Session', ttlMs: 60_000 }),
        sticky('header', { kind: 'Header', name: 'x-session' }),
        route('none', prefix('/none'), forward([weighted('all')])),
      ],
    },
    clusters: [cluster('all', { weightedLocalities: true })],
    endpoints: [endpoints],
  });
});

afterAll(async () => {
  await gateway?.stop();
  for (const backend of backends) await backend.stop();
});

const backendOf = (reply: Reply): string => (JSON.parse(reply.body) as { backend: string }).backend;
const cookieOf = (reply: Reply, name: string): string =>
  reply.headers['set-cookie']?.find((value) => value.startsWith(`${name}=`)) ?? '';

async function backendsOf(path: string, headers: Record<string, string>): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (let i = 0; i < 18; i++) names.add(backendOf(await gateway.get(path, { headers })));
  return names;
}

describe('session persistence on a real Envoy', () => {
  it('shares requests without a session by the weights of the localities', async () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 60; i++) {
      const name = backendOf(await gateway.get('/none'));
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ a: 10, b: 20, c: 30 });
  });

  it.each(['session', 'permanent', 'limited'])('keeps to one backend by the cookie of %s', async (name) => {
    const first = await gateway.get(`/${name}`);
    const cookie = cookieOf(first, name === 'limited' ? 's.-id' : 'sid').split(';')[0] ?? '';
    expect(await backendsOf(`/${name}`, { cookie })).toEqual(new Set([backendOf(first)]));
  });

  it('lets a session cookie end with the browser, a permanent one with its time', async () => {
    expect(cookieOf(await gateway.get('/session'), 'sid')).not.toMatch(/max-age|expires/i);
    expect(cookieOf(await gateway.get('/limited'), 's.-id')).not.toMatch(/max-age|expires/i);
    expect(cookieOf(await gateway.get('/permanent'), 'sid')).toMatch(/max-age=60\b/i);
  });

  it("leaves the backend's own cookies as they are", async () => {
    const reply = await gateway.get('/limited');
    expect(reply.headers['set-cookie']).toHaveLength(3);
    expect(reply.headers['set-cookie']).toEqual(expect.arrayContaining(['own=1; Max-Age=60', 'two=2']));
  });

  it('keeps to one backend by a header', async () => {
    const first = await gateway.get('/header');
    const session = String(first.headers['x-session']);
    expect(await backendsOf('/header', { 'x-session': session })).toEqual(new Set([backendOf(first)]));
  });
});
