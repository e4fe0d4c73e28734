import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenerName, routeTableName } from '../../src/ir/name.ts';
import type { GatewayIr } from '../../src/ir/ir.ts';
import type { Route } from '../../src/ir/route.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import {
  answers,
  cluster,
  endpoints,
  forward,
  gateway,
  headers,
  prefix,
  route,
  serviceCluster,
  table,
  virtualHost,
  weighted,
} from '../fixture/ir.ts';
import { startBackend, type Backend, type Seen } from './backend.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send, type Reply, type Sent } from './request.ts';

let envoy: EnvoyUnderTest;
let port: number;
const backends: Backend[] = [];

function seenBy(reply: Reply): Seen {
  expect(reply.status).toBe(200);
  return JSON.parse(reply.body) as Seen;
}

const get = (path: string, rest: Partial<Sent> = {}) => send({ port, path, host: 'a.test', ...rest });

const toA = forward([weighted('a')]);

const routes: readonly Route[] = [
  route('exact', { path: { kind: 'Exact', value: '/exact' }, headers: [], queryParams: [] }, answers(418)),
  route(
    'to-root',
    prefix('/to-root'),
    forward([weighted('a')], { rewrite: { path: { kind: 'Prefix', prefix: '/to-root', value: '/' } } }),
  ),
  route(
    'to-new',
    prefix('/to-new'),
    forward([weighted('a')], { rewrite: { path: { kind: 'Prefix', prefix: '/to-new', value: '/new' } } }),
  ),
  route(
    'dot',
    prefix('/d.t+'),
    forward([weighted('a')], { rewrite: { path: { kind: 'Prefix', prefix: '/d.t+', value: '/' } } }),
  ),
  route(
    'full',
    prefix('/full'),
    forward([weighted('a')], { rewrite: { path: { kind: 'Full', value: '/whole\\1' }, hostname: 'b.test' } }),
  ),
  route('method', prefix('/method', { method: 'PUT' }), answers(201)),
  route(
    'header',
    prefix('/header', { headers: [{ kind: 'RegularExpression', name: 'x-v', value: 'a+' }] }),
    answers(202),
  ),
  route('query', prefix('/query', { queryParams: [{ kind: 'Exact', name: 'q', value: '1' }] }), answers(203)),
  route(
    'regex',
    { path: { kind: 'RegularExpression', value: '/r/[0-9]+' }, headers: [], queryParams: [] },
    answers(204),
  ),
  route('half', prefix('/half'), forward([weighted('a', 1)], { invalidWeight: 1 })),
  route('invalid', prefix('/invalid'), forward([], { invalidWeight: 1 })),
  route('empty', prefix('/empty'), forward([weighted('empty')])),
  route(
    'order',
    prefix('/order'),
    forward([
      weighted('a', 1, { requestHeaders: headers({ set: [{ name: 'x-who', value: 'backend' }] }) }),
      weighted('b', 1),
    ]),
    {
      requestHeaders: headers({
        set: [{ name: 'x-who', value: 'rule' }],
        add: [{ name: 'x-share', value: '50%' }],
        remove: ['x-gone'],
      }),
      responseHeaders: headers({ set: [{ name: 'x-answer', value: '%REQ(x-secret)%' }] }),
    },
  ),
  route(
    'paths',
    prefix('/paths'),
    forward([
      weighted('a', 1, { rewrite: { path: { kind: 'Full', value: '/for-a' } } }),
      weighted('b', 3, { rewrite: { path: { kind: 'Full', value: '/for-b' }, hostname: 'only.b' } }),
    ]),
  ),
  route('host-set', prefix('/host-set'), toA, {
    requestHeaders: headers({ set: [{ name: 'host', value: 'set.test' }] }),
  }),
  route(
    'mirror',
    prefix('/mirror'),
    forward([weighted('a')], { mirrors: [{ cluster: serviceCluster('b'), numerator: 1, denominator: 1 }] }),
  ),
  route(
    'flaky',
    prefix('/flaky'),
    forward([weighted('flaky')], { retry: { attempts: 2, statusCodes: [500], backoffMs: 1 } }),
  ),
  route(
    'one-retry',
    prefix('/one-retry'),
    forward([weighted('flaky')], { retry: { attempts: 1, statusCodes: [500] } }),
  ),
  route('no-retry', prefix('/no-retry'), forward([weighted('flaky')])),
  route('slow', prefix('/slow'), forward([weighted('slow')], { timeouts: { requestMs: 100 } })),
  route('slow-try', prefix('/slow-try'), forward([weighted('slow')], { timeouts: { backendRequestMs: 100 } })),
  route('redirect-https', prefix('/redirect-https'), { kind: 'Redirect', scheme: 'https', statusCode: 301 }),
  route('redirect-port', prefix('/redirect-port'), { kind: 'Redirect', port: 8443, statusCode: 302 }),
  route('redirect-host', prefix('/redirect-host'), {
    kind: 'Redirect',
    hostname: 'c.test',
    statusCode: 308,
    path: { kind: 'Full', value: '/there' },
  }),
  route('redirect-prefix', prefix('/redirect-prefix'), {
    kind: 'Redirect',
    statusCode: 307,
    path: { kind: 'Prefix', prefix: '/redirect-prefix', value: '/' },
  }),
  route('redirect-other', prefix('/redirect-other'), {
    kind: 'Redirect',
    statusCode: 303,
    path: { kind: 'Prefix', prefix: '/redirect-other', value: '/other' },
  }),
  route('half-dead', prefix('/half-dead'), forward([weighted('half-dead')])),
  route('h2c', prefix('/h2c'), forward([weighted('h2c')])),
];

beforeAll(async () => {
  const a = await startBackend('a');
  const b = await startBackend('b');
  const h2c = await startBackend('h2c', 'h2c');
  const flaky = await startBackend('flaky', 'http1', (_seen, count) => ({ status: count % 3 === 0 ? 200 : 500 }));
  const slow = await startBackend('slow', 'silent');
  backends.push(a, b, h2c, flaky, slow);
  port = await freePort();
  const name = routeTableName('http', 80);
  const ir: GatewayIr = gateway({
    listeners: [
      {
        kind: 'Http',
        name: listenerName('http', '127.0.0.1', 80),
        bind: { address: '127.0.0.1', port },
        port: 80,
        routeTable: name,
        origins: [],
      },
    ],
    routeTables: [
      table([
        virtualHost('a.test', routes),
        virtualHost('*.wild.test', [route('wild', prefix('/'), toA)]),
        virtualHost('root.test', [
          route(
            'root',
            prefix('/'),
            forward([weighted('a')], { rewrite: { path: { kind: 'Prefix', prefix: '/', value: '/x' } } }),
          ),
        ]),
        virtualHost('*.one.test', [route('one', prefix('/', { hostLabels: 3 }), toA)]),
      ]),
    ],
    clusters: [
      cluster('a'),
      cluster('b'),
      cluster('empty'),
      cluster('flaky'),
      cluster('half-dead'),
      cluster('h2c', { protocol: 'Http2' }),
      cluster('slow'),
    ],
    endpoints: [
      endpoints('a', a.port),
      endpoints('b', b.port),
      endpoints('flaky', flaky.port),
      endpoints('half-dead', a.port, await freePort()),
      endpoints('h2c', h2c.port),
      endpoints('slow', slow.port),
    ],
  });
  envoy = await startEnvoy(buildResources(createMemo(), debianOptions, ir));
  await envoy.listening(port);
});

afterAll(async () => {
  await envoy?.stop();
  for (const backend of backends) await backend.stop();
});

describe('an HTTP listener on a real Envoy', () => {
  afterAll(() => expect(envoy.refusals).toEqual([]));

  it('answers 404 for a host or path that has no route', async () => {
    expect((await get('/nowhere')).status).toBe(404);
    expect((await get('/exact', { host: 'z.test' })).status).toBe(404);
    expect((await get('/exact/')).status).toBe(404);
  });

  it('matches paths, methods, headers and query parameters', async () => {
    expect((await get('/exact?x=1')).status).toBe(418);
    expect((await get('/method')).status).toBe(404);
    expect((await get('/method', { method: 'PUT' })).status).toBe(201);
    expect((await get('/header', { headers: { 'x-v': 'aaa' } })).status).toBe(202);
    expect((await get('/header', { headers: { 'x-v': 'aab' } })).status).toBe(404);
    expect((await get('/query?q=1')).status).toBe(203);
    expect((await get('/query?q=2')).status).toBe(404);
    expect((await get('/r/12')).status).toBe(204);
    expect((await get('/r/12/x')).status).toBe(404);
  });

  it('matches hosts without their port or final dot, and leaves Host to the backend as it came', async () => {
    expect(seenBy(await get('/to-new', { host: 'A.test:8080' })).headers.host?.toLowerCase()).toBe('a.test:8080');
    expect((await get('/to-new', { host: 'a.test.' })).status).toBe(200);
    expect((await get('/', { host: 'x.y.wild.test' })).status).toBe(200);
    expect((await get('/', { host: 'x.one.test:80' })).status).toBe(200);
    expect((await get('/', { host: 'x.y.one.test' })).status).toBe(404);
  });

  it.each([
    ['/to-root', '/'],
    ['/to-root/', '/'],
    ['/to-root/one?q=1', '/one?q=1'],
    ['/to-new', '/new'],
    ['/to-new/', '/new/'],
    ['/to-new/one?q=1', '/new/one?q=1'],
    ['/d.t+/one', '/one'],
    ['/full/x?q=1', '/whole\\1?q=1'],
  ])('rewrites %s to %s', async (path, expected) => {
    expect(seenBy(await get(path)).path).toBe(expected);
  });

  it.each([
    ['/', '/x/'],
    ['/bar', '/x/bar'],
  ])('rewrites the root: %s to %s', async (path, expected) => {
    expect(seenBy(await get(path, { host: 'root.test' })).path).toBe(expected);
  });

  it('rewrites the host, also where a header filter sets Host', async () => {
    expect(seenBy(await get('/full')).headers.host).toBe('b.test');
    expect(seenBy(await get('/host-set')).headers.host).toBe('set.test');
  });

  it('answers the share of invalid backends 500, and a Service without endpoints 503', async () => {
    const statuses = new Map<number, number>();
    for (let i = 0; i < 60; i++) {
      const { status } = await get('/half');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(new Set(statuses.keys())).toEqual(new Set([200, 500]));
    expect((await get('/invalid')).status).toBe(500);
    expect((await get('/empty')).status).toBe(503);
  });

  it("lets a backend's header win over the rule's and expands nothing in values", async () => {
    const who = new Map<string, string | undefined>();
    for (let i = 0; i < 40 && who.size < 2; i++) {
      const reply = await get('/order', { headers: { 'x-secret': 's', 'x-gone': '1', 'x-share': 'old' } });
      const seen = seenBy(reply);
      who.set(seen.backend, String(seen.headers['x-who']));
      expect(seen.headers['x-share']).toBe('old, 50%');
      expect(seen.headers['x-gone']).toBeUndefined();
      expect(reply.headers['x-answer']).toBe('%REQ(x-secret)%');
    }
    expect(who).toEqual(
      new Map([
        ['a', 'backend'],
        ['b', 'rule'],
      ]),
    );
  });

  it('rewrites the path for each backend of a split', async () => {
    const paths = new Map<string, string>();
    for (let i = 0; i < 80 && paths.size < 2; i++) {
      const seen = seenBy(await get('/paths'));
      paths.set(seen.backend, `${seen.headers.host} ${seen.path}`);
    }
    expect(paths).toEqual(
      new Map([
        ['a', 'a.test /for-a'],
        ['b', 'only.b /for-b'],
      ]),
    );
  });

  it('mirrors with the same Host', async () => {
    const b = backends[1];
    await get('/mirror/me');
    await expect.poll(() => b?.seen.find((seen) => seen.path === '/mirror/me')?.headers.host).toBe('a.test');
    // How often to try again is between the table and Envoy.
    const seen = backends.flatMap((backend) => backend.seen.filter(({ path }) => path === '/mirror/me'));
    expect(seen).toHaveLength(2);
    for (const { headers: sent } of seen) expect(Object.keys(sent).filter((name) => name.includes('retr'))).toEqual([]);
  });

  it('retries what the rule says, and gives up when time is over', async () => {
    expect((await get('/flaky')).status).toBe(200);
    const flaky = backends.find(({ name }) => name === 'flaky');
    expect(flaky?.seen).toHaveLength(3);
    expect((await get('/one-retry')).status).toBe(500);
    expect(flaky?.seen).toHaveLength(5);
    expect((await get('/no-retry')).status).toBe(200);
    expect((await get('/slow')).status).toBe(504);
    expect((await get('/slow-try')).status).toBe(504);
  });

  it('loses no request to an endpoint that refuses connections', async () => {
    for (let i = 0; i < 20; i++) expect((await get('/half-dead', { method: 'POST' })).status).toBe(200);
  });

  it('speaks HTTP/2 to a backend that asks for it', async () => {
    expect(seenBy(await get('/h2c')).httpVersion).toBe('2.0');
  });

  it.each([
    ['/redirect-https/x?q=1', 'a.test', 301, 'https://a.test/redirect-https/x?q=1'],
    ['/redirect-https', 'a.test:8080', 301, 'https://a.test/redirect-https'],
    ['/redirect-port', 'a.test:8080', 302, 'http://a.test:8443/redirect-port'],
    ['/redirect-host/x?q=1', 'a.test:8080', 308, 'http://c.test/there?q=1'],
    ['/redirect-prefix/x', 'a.test', 307, 'http://a.test/x'],
    ['/redirect-other/x', 'a.test:8080', 303, 'http://a.test/other/x'],
  ])('redirects %s at %s', async (path, host, status, location) => {
    const reply = await get(path, { host });
    expect([reply.status, reply.headers.location]).toEqual([status, location]);
  });

  it('tells backends and clients nothing of its own', async () => {
    const reply = await get('/to-new', { headers: { 'x-envoy-original-path': '/guess' } });
    const names = [...Object.keys(seenBy(reply).headers), ...Object.keys(reply.headers)];
    // The address of the client, which Envoy has found out itself, is the one header that stays.
    expect(names.filter((name) => name.startsWith('x-envoy') || name === 'server')).toEqual([
      'x-envoy-external-address',
    ]);
  });

  it('writes a line for each request with the object and rule that it met', async () => {
    await get('/exact?logged=1');
    const line = () =>
      envoy
        .output()
        .split('\n')
        .find((text) => text.includes('logged=1'));
    await expect.poll(line).toBeDefined();
    expect(JSON.parse(line() ?? '')).toMatchObject({
      authority: 'a.test',
      method: 'GET',
      path: '/exact?logged=1',
      status: 418,
      origin: 'HTTPRoute/default/exact',
      rule: '0',
      route: 'HTTPRoute/default/exact/0/0',
    });
  });
});
