import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// Envoy's start and its warming take their time on a busy machine; what waits here fails by itself after 20 s.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });
import type { Answer } from '../../src/ads/exchange.ts';
import type { Generation } from '../../src/ads/generation.ts';
import { type AdsServer, createAdsServer } from '../../src/ads/server.ts';
import { clusterType, listenerType, routeConfigurationType } from '../../src/ads/type-url.ts';
import { until } from '../fixture/until.ts';
import { httpGet, type Proxy, startProxy } from './proxy.ts';
import { assignmentOf, clusterOf, generation, listenerOf, routesOf } from './resources.ts';

let folder: string;
let socket: string;
let server: AdsServer;
let proxy: Proxy | undefined;
let refusals: Answer[];
let removalGraceMs: number;
const backends: Server[] = [];

async function startServer(): Promise<void> {
  server = createAdsServer({ removalGraceMs, events: { onNack: (_, answer) => refusals.push(answer) } });
  await server.listenUnix(socket, 'g');
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ads-'));
  socket = join(folder, 'xds');
  refusals = [];
  removalGraceMs = 0;
  await startServer();
});

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  await server.close();
  for (const backend of backends.splice(0)) {
    backend.closeAllConnections();
    backend.close();
  }
  await rm(folder, { recursive: true, force: true });
});

async function startBackend(name: string): Promise<number> {
  const backend = createServer((_, response) => response.end(name));
  backends.push(backend);
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  // A TCP server that listens has an address with a port.
  return (backend.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const probe = createTcpServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Publishes a generation and waits until every proxy has wholly acknowledged it. */
async function apply(next: Generation): Promise<void> {
  server.publish('g', next);
  await until(`generation ${next.id} is acknowledged`, () => (server.acknowledged('g') === next.id ? true : undefined));
}

async function start(): Promise<Proxy> {
  proxy = await startProxy(socket);
  return proxy;
}

/** One request after the other until stopped; gives every answer. */
function load(port: number): {
  readonly answers: { status: number; body: string }[];
  readonly stop: () => Promise<void>;
} {
  const answers: { status: number; body: string }[] = [];
  let isRunning = true;
  const loop = (async () => {
    while (isRunning) answers.push(await httpGet({ port, path: '/' }));
  })();
  return {
    answers,
    stop: () => {
      isRunning = false;
      return loop;
    },
  };
}

async function connectTimeoutOf(cluster: string): Promise<unknown> {
  const dump = await proxy?.admin(`/config_dump?resource=dynamic_active_clusters&name_regex=^${cluster}$`);
  return JSON.parse(dump?.body ?? '{}').configs?.[0]?.cluster?.connect_timeout;
}

test('a proxy is ready only when its first configuration serves', async () => {
  const port = await freePort();
  const backend = await startBackend('a');
  const { admin } = await start();
  await until('the proxy asks for its clusters', () => (server.state()[0]?.types.length === 1 ? true : undefined));
  expect((await admin('/ready')).status).toBe(503);
  server.publish(
    'g',
    generation(1, clusterOf('a'), assignmentOf('a', backend), listenerOf('l', port, 'r'), routesOf('r', 'a')),
  );
  await until('the proxy is ready', async () => ((await admin('/ready')).status === 200 ? true : undefined));
  expect(await httpGet({ port, path: '/' })).toEqual({ status: 200, body: 'a' });
  await until('the generation is acknowledged', () => (server.acknowledged('g') === 1 ? true : undefined));
  expect(server.state()).toMatchObject([{ group: 'g', nodeId: 'proxy-1', acknowledged: 1, lastRefusal: undefined }]);
});

test('a generation without anything is an answer too', async () => {
  const { admin } = await start();
  await apply(generation(1));
  await until('the proxy is ready', async () => ((await admin('/ready')).status === 200 ? true : undefined));
});

test('a proxy says once who it is, not with each acknowledgement', async () => {
  let sent = 0;
  const path = join(folder, 'counted');
  const relay = createTcpServer((from) => {
    const to = connect(socket);
    from.on('data', (bytes) => (sent += bytes.length));
    for (const end of [from, to]) end.on('error', () => [from.destroy(), to.destroy()]);
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => relay.listen(path, resolve));
  try {
    proxy = await startProxy(path);
    await apply(generation(1));
    // The names of all its extensions are in there.
    expect(sent).toBeGreaterThan(20_000);
    const before = sent;
    for (let id = 2; id < 12; id++) await apply(generation(id, clusterOf('a', 1_000 + id), assignmentOf('a', 80)));
    expect(sent - before).toBeLessThan(10_000);
  } finally {
    await proxy?.stop();
    relay.close();
  }
});

test('the socket is for its owner only', async () => {
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
});

test('a changed cluster does not wait for its endpoints, and no request is lost', async () => {
  const port = await freePort();
  const endpoints = assignmentOf('a', await startBackend('a'));
  const rest = [endpoints, listenerOf('l', port, 'r'), routesOf('r', 'a')];
  await start();
  await apply(generation(1, clusterOf('a', 1_000), ...rest));
  const { answers, stop } = load(port);
  server.publish('g', generation(2, clusterOf('a', 1_500), ...rest));
  await until('the change is live', async () => ((await connectTimeoutOf('a')) === '1.500s' ? true : undefined));
  await stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  // Envoy's own way out of warming, after a timeout, would have been counted here.
  const { body } = await proxy!.admin(
    '/stats?filter=cluster.a.assignment_(timeout|use_cached)|cluster.a.init_fetch_timeout',
  );
  const counters = body.trim().split('\n');
  expect(counters.length).toBeGreaterThan(1);
  for (const counter of counters) expect(counter).toMatch(/: 0$/);
});

test('a route moves from cluster to cluster without a lost request', async () => {
  const port = await freePort();
  const listener = listenerOf('l', port, 'r');
  const [first, second] = [await startBackend('first'), await startBackend('second')];
  await start();
  await apply(generation(1, clusterOf('c1'), assignmentOf('c1', first), listener, routesOf('r', 'c1')));
  const { answers, stop } = load(port);
  for (let id = 2; id < 12; id += 1) {
    const name = `c${id}`;
    await apply(
      generation(id, clusterOf(name), assignmentOf(name, id % 2 === 0 ? second : first), listener, routesOf('r', name)),
    );
    const before = answers.length;
    await until(`generation ${id} was asked`, () => (answers.length > before + 2 ? true : undefined));
  }
  await stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await until('only the last cluster is left', async () => {
    const { body } = await proxy!.admin('/config_dump?resource=dynamic_active_clusters');
    const names = JSON.parse(body).configs.map((config: { cluster: { name: string } }) => config.cluster.name);
    return names.length === 1 && names[0] === 'c11' ? true : undefined;
  });
});

test('a refused table leaves the last good one serving, and the next publish replaces it', async () => {
  const port = await freePort();
  const rest = [clusterOf('a'), assignmentOf('a', await startBackend('a')), listenerOf('l', port, 'r')];
  await start();
  await apply(generation(1, ...rest, routesOf('r', 'a', ['*'])));
  const bad = routesOf('r', 'a', ['one.test', 'one.test']);
  server.publish('g', generation(2, ...rest, bad));
  await until('the proxy refuses', () => refusals[0]);
  expect(refusals).toMatchObject([
    {
      typeUrl: routeConfigurationType,
      generation: 2,
      resources: [{ name: 'r', version: bad.version }],
      narrowing: false,
    },
  ]);
  expect(refusals[0]?.refusal).toContain('Only unique values for domains are permitted');
  expect(server.acknowledged('g')).toBe(1);
  expect((await httpGet({ port, path: '/' })).status).toBe(200);
  await apply(generation(3, ...rest, routesOf('r', 'a', ['127.0.0.1:*', '*'])));
  expect((await httpGet({ port, path: '/' })).status).toBe(200);
  expect(refusals).toHaveLength(1);
});

test('the bad ones of many clusters are found, and the others serve', async () => {
  const port = await freePort();
  const backend = await startBackend('good');
  const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
  // A connection timeout of 0 breaks a rule of the message: the whole response is refused, good clusters included.
  const bad = new Set(['c7', 'c31']);
  const clusters = names.map((name) => clusterOf(name, bad.has(name) ? 0 : 1_000));
  const rest = [...names.map((name) => assignmentOf(name, backend)), listenerOf('l', port, 'r'), routesOf('r', 'c8')];
  await start();
  server.publish('g', generation(1, ...clusters, ...rest));
  await until('a request is served', async () =>
    (await httpGet({ port, path: '/' })).body === 'good' ? true : undefined,
  );
  await until('both are found', () => (refusals.filter(({ narrowing }) => !narrowing).length === 2 ? true : undefined));
  const found = refusals
    .filter(({ narrowing }) => !narrowing)
    .flatMap(({ resources }) => resources.map(({ name }) => name));
  expect(new Set(found)).toEqual(bad);
  const good = clusters.filter(({ name }) => !bad.has(name));
  await apply(generation(2, ...good, ...rest));
  const { body } = await proxy!.admin('/config_dump?resource=dynamic_active_clusters');
  expect(JSON.parse(body).configs).toHaveLength(38);
});

test('a proxy that lost all its clusters takes new ones', async () => {
  const backend = await startBackend('a');
  await start();
  await apply(generation(1, clusterOf('a'), assignmentOf('a', backend)));
  await apply(generation(2));
  await until('the cluster is gone', async () => ((await connectTimeoutOf('a')) === undefined ? true : undefined));
  await apply(generation(3, clusterOf('b'), assignmentOf('b', backend)));
  await apply(generation(4, clusterOf('b', 1_500), assignmentOf('b', backend)));
  expect(await connectTimeoutOf('b')).toBe('1.500s');
});

test('a cluster without endpoints does not hold up what comes after it', async () => {
  const backend = await startBackend('a');
  await start();
  await apply(generation(1, clusterOf('a'), assignmentOf('a', backend)));
  await apply(generation(2, clusterOf('a'), assignmentOf('a', backend), clusterOf('empty')));
  await apply(generation(3, clusterOf('a', 1_500), assignmentOf('a', backend), clusterOf('empty')));
  expect(await connectTimeoutOf('a')).toBe('1.500s');
});

test('a listener passes its port to another', async () => {
  const port = await freePort();
  const rest = [clusterOf('a'), assignmentOf('a', await startBackend('a')), routesOf('r', 'a')];
  await start();
  await apply(generation(1, ...rest, listenerOf('one', port, 'r')));
  const { answers, stop } = load(port);
  await apply(generation(2, ...rest, listenerOf('two', port, 'r')));
  await stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(refusals).toEqual([]);
});

test('after a restart of the server only what changed meanwhile is sent', async () => {
  const port = await freePort();
  const backend = await startBackend('a');
  const same = [clusterOf('a'), assignmentOf('a', backend), listenerOf('l', port, 'r'), routesOf('r', 'a')];
  await start();
  await apply(generation(1, ...same, clusterOf('gone'), assignmentOf('gone', backend)));
  await server.close();
  const { answers, stop } = load(port);
  const sent: Answer[] = [];
  server = createAdsServer({ removalGraceMs: 0, events: { onAck: (_, answer) => sent.push(answer) } });
  await server.listenUnix(socket, 'g');
  await apply(generation(1, ...same, clusterOf('new'), assignmentOf('new', backend)));
  await until('the old cluster is taken away', () => sent.find(({ removed }) => removed.includes('gone')));
  await stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const names = (typeUrl: string) =>
    sent.filter((answer) => answer.typeUrl === typeUrl).flatMap(({ resources }) => resources.map(({ name }) => name));
  expect(names(clusterType)).toEqual(['new']);
  expect(names(listenerType)).toEqual([]);
  expect(names(routeConfigurationType)).toEqual([]);
});
