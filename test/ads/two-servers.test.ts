import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from '../../src/ads/exchange.ts';
import type { Generation } from '../../src/ads/generation.ts';
import { markName, parseMark, type Mark } from '../../src/ads/mark.ts';
import { type AdsServer, type AdsServerOptions, createAdsServer } from '../../src/ads/server.ts';
import { clusterType, listenerType, routeConfigurationType } from '../../src/ads/type-url.ts';
import { freePort } from '../envoy/envoy-under-test.ts';
import { connectClient } from './client.ts';
import { until } from '../fixture/until.ts';
import { httpGet, type Proxy, startProxy } from './proxy.ts';
import { assignmentOf, clusterOf, generation, listenerOf, routesOf } from './resources.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

let folder: string;
let socket: string;
let backend: Server;
let backendPort: number;
let port: number;
let proxy: Proxy | undefined;
const servers: AdsServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ads-'));
  socket = join(folder, 'xds');
  backend = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  backendPort = (backend.address() as AddressInfo).port;
  port = await freePort();
});

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  for (const server of servers.splice(0)) await server.close();
  backend.closeAllConnections();
  backend.close();
  await rm(folder, { recursive: true, force: true });
});

function createServerOf(options: AdsServerOptions = {}): { readonly server: AdsServer; readonly answers: Answer[] } {
  const answers: Answer[] = [];
  const server = createAdsServer({
    removalGraceMs: 0,
    events: { onAck: (_, answer) => answers.push(answer) },
    ...options,
  });
  servers.push(server);
  return { server, answers };
}

function markOf(text: string): Mark {
  const mark = parseMark(text);
  if (mark === undefined) throw new Error(`no mark: ${text}`);
  return mark;
}

/** One cluster `a` and the further ones named, and a host for each. */
function world(id: number, mark: string, ...more: readonly string[]): Generation {
  const names = ['a', ...more];
  const hosts = names.map((name) => (name === 'a' ? '*' : `${name}.test`));
  return {
    ...generation(
      id,
      ...names.flatMap((name) => [clusterOf(name), assignmentOf(name, backendPort)]),
      listenerOf('l', port, 'r'),
      routesOf('r', 'a', hosts),
    ),
    mark: markOf(mark),
  };
}

async function apply(server: AdsServer, next: Generation): Promise<void> {
  server.publish('g', next);
  await until(`generation ${next.id} is acknowledged`, () => (server.acknowledged('g') === next.id ? true : undefined));
}

async function clusterNames(): Promise<readonly string[]> {
  const dump = await proxy?.admin('/config_dump?resource=dynamic_active_clusters');
  const configs: readonly { readonly cluster: { readonly name: string } }[] = JSON.parse(dump?.body ?? '{}').configs;
  return configs.map(({ cluster }) => cluster.name).filter((name) => name !== markName);
}

function sentNames(answers: readonly Answer[]): readonly string[] {
  return answers.flatMap(({ resources, removed }) => [
    ...resources.map(({ name }) => name),
    ...removed.map((name) => `-${name}`),
  ]);
}

test('a proxy that comes from a server with a higher mark is left alone by one that is behind', async () => {
  const [ahead, behind] = [createServerOf().server, createServerOf().server];
  const [aheadPort, behindPort] = await Promise.all(
    [ahead, behind].map((server) => server.listenTcp({ identify: () => 'g' })),
  );
  ahead.publish('g', world(1, '20', 'b'));
  behind.publish('g', world(1, '10'));
  const first = connectClient(`127.0.0.1:${aheadPort}`, 'one');
  const second = connectClient(`127.0.0.1:${behindPort}`, 'one');
  try {
    first.send(clusterType);
    const response = await first.receive();
    const versions = Object.fromEntries(response.resources.map(({ name, version }) => [name, version]));
    expect(versions).toMatchObject({ [markName]: '20' });
    first.ack(response);

    second.send(clusterType, { initialResourceVersions: versions });
    second.send(listenerType, { initialResourceVersions: { l: 'newer', other: '1' } });
    await until('it has asked', () => (behind.state()[0]?.types.length === 2 ? true : undefined));
    expect(behind.state()).toMatchObject([{ ahead: true, settled: false }]);
    expect(second.waiting).toBe(0);
    behind.reach(markOf('19'));
    behind.publish('g', world(2, '20', 'b'));
    const listeners = await second.receive();
    expect(listeners.typeUrl).toBe(listenerType);
    expect([listeners.resources.map(({ name }) => name), listeners.removedResources]).toEqual([['l'], ['other']]);
    expect(behind.state()).toMatchObject([{ ahead: false }]);
  } finally {
    first.close();
    second.close();
  }
});

test('an Envoy that comes to a server that is behind keeps what it has, and goes on when that has caught up', async () => {
  const newer = createServerOf();
  await newer.server.listenUnix(socket, 'g');
  proxy = await startProxy(socket);
  await apply(newer.server, world(1, '100'));
  await apply(newer.server, world(2, '200', 'b'));
  await newer.server.close();

  const older = createServerOf();
  older.server.publish('g', world(1, '100'));
  await older.server.listenUnix(socket, 'g');
  await until('it is back', () => (older.server.state()[0]?.types.length === 4 ? true : undefined));
  expect(older.server.state()).toMatchObject([{ ahead: true, acknowledged: undefined }]);
  expect(sentNames(older.answers)).toEqual([]);
  expect(await clusterNames()).toEqual(['a', 'b']);
  await apply(older.server, world(2, '200', 'b'));
  expect(sentNames(older.answers)).toEqual([]);
  await apply(older.server, world(3, '300', 'c'));
  await until('the old cluster is taken away', () => (sentNames(older.answers).includes('-b') ? true : undefined));
  expect(new Set(sentNames(older.answers))).toEqual(new Set(['c', 'r', '-b']));
  expect(await clusterNames()).toEqual(['a', 'c']);
});

test('a restarted server with the same configuration sends nothing, and no request is lost', async () => {
  const before = createServerOf();
  await before.server.listenUnix(socket, 'g');
  proxy = await startProxy(socket);
  await apply(before.server, world(1, '100', 'b'));
  await before.server.close();
  const after = createServerOf();
  // It has read on meanwhile, though nothing of this proxy's.
  after.server.publish('g', world(1, '150', 'b'));
  await after.server.listenUnix(socket, 'g');
  await until('all is acknowledged', () => (after.server.acknowledged('g') === 1 ? true : undefined));
  expect(after.answers).toEqual([]);
  expect((await httpGet({ port, path: '/' })).status).toBe(200);
});

test('an Envoy whose stream is old enough comes back by a new connection and is sent nothing', async () => {
  const { server, answers } = createServerOf({ maxConnectionAgeMs: 1_500 });
  await server.listenUnix(socket, 'g');
  proxy = await startProxy(socket);
  const { admin } = proxy;
  await apply(server, world(1, '100'));
  const sent = answers.length;
  const statuses: number[] = [];
  await until('it is back', async () => {
    statuses.push((await httpGet({ port, path: '/' })).status);
    const [state] = server.state();
    return state !== undefined && state.stream > 1 && state.settled ? true : undefined;
  });
  expect(answers).toHaveLength(sent);
  expect(new Set(statuses)).toEqual(new Set([200]));
  const { body } = await admin('/stats?filter=^cluster.xds.upstream_cx_total$');
  expect(body.trim()).toBe('cluster.xds.upstream_cx_total: 2');
});

test('a route change takes its mark along', async () => {
  const { server, answers } = createServerOf();
  await server.listenUnix(socket, 'g');
  proxy = await startProxy(socket);
  await apply(server, world(1, '100'));
  const sent = answers.length;
  const next = world(2, '200');
  const table = routesOf('r', 'a', ['*', 'new.test']);
  await apply(server, {
    ...next,
    resources: new Map([...next.resources, [routeConfigurationType, new Map([['r', table]])]]),
  });
  expect(answers.slice(sent).map(({ typeUrl }) => typeUrl)).toEqual([clusterType, routeConfigurationType]);
  expect(sentNames(answers.slice(sent))).toEqual(['r']);
});
