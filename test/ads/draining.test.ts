import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, get, type Server } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AdsServer, createAdsServer } from '../../src/ads/server.ts';
import { listenerName, originOf } from '../../src/ir/name.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { buildDrainingResources } from '../../src/xds/build-draining-resources.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { freePort } from '../envoy/envoy-under-test.ts';
import { cluster, endpoints, forward, gateway, prefix, route, table, virtualHost, weighted } from '../fixture/ir.ts';
import { until } from '../fixture/until.ts';
import { httpGet, type Proxy, startProxy } from './proxy.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

let folder: string;
let server: AdsServer;
let backend: Server;
let port: number;
const proxies: Proxy[] = [];
const clients: Client[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ads-'));
  server = createAdsServer();
  await server.listenUnix(join(folder, 'xds'), 'g');
  backend = createServer((_, response) => setTimeout(() => response.end('ok'), 5));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  port = await freePort();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const proxy of proxies.splice(0)) await proxy.stop();
  await server.close();
  backend.closeAllConnections();
  backend.close();
  await rm(folder, { recursive: true, force: true });
});

/** A client that asks again and again on one connection until the other side lets it go. */
interface Client {
  readonly answers: string[];
  /** Whether the connection was given up in a way that loses nothing. */
  letGo: boolean;
  close(): void;
}

function http1Client(): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const client: Client = { answers: [], letGo: false, close: () => agent.destroy() };
  const ask = (): void => {
    const request = get({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume();
      response.on('end', () => {
        client.answers.push(`${response.statusCode}`);
        client.letGo = response.headers.connection === 'close';
        if (!client.letGo) ask();
      });
    });
    request.on('error', (error) => client.answers.push(error.message));
  };
  ask();
  return client;
}

function http2Client(): Client {
  const session = connect(`http://127.0.0.1:${port}`);
  const client: Client = { answers: [], letGo: false, close: () => session.destroy() };
  session.on('goaway', (code) => (client.letGo = code === 0));
  session.on('error', (error) => client.answers.push(error.message));
  const ask = (): void => {
    const request = session.request({ ':path': '/' });
    let status = 'no answer';
    request.on('response', (headers) => (status = String(headers[':status'])));
    request.resume();
    request.on('error', (error) => client.answers.push(error.message));
    request.on('end', () => {
      client.answers.push(status);
      if (!client.letGo && !session.destroyed) ask();
    });
  };
  ask();
  return client;
}

async function counter(proxy: Proxy, name: string): Promise<number> {
  const { body } = await proxy.admin(`/stats?filter=^http.http.${name}$`);
  return Number(body.split(': ')[1]);
}

test('a draining proxy lets its connections go after their responses, and another one keeps its own', async () => {
  const origins = [originOf('Gateway/default/gw')];
  const routes = table([virtualHost('*', [route('r', prefix('/'), forward([weighted('a')]))])]);
  const bind = { address: '127.0.0.1', port };
  const name = listenerName('http', '127.0.0.1', port);
  const resources = buildResources(
    createMemo(),
    debianOptions,
    gateway({
      listeners: [{ kind: 'Http', name, bind, port, routeTable: routes.name, origins }],
      routeTables: [routes],
      clusters: [cluster('a')],
      endpoints: [endpoints('a', (backend.address() as AddressInfo).port)],
    }),
  );
  server.publish('g', { id: 1, resources, draining: () => buildDrainingResources(resources) });
  // Both take connections from the same port, in about equal parts.
  for (const id of ['going', 'staying']) {
    proxies.push(await startProxy(join(folder, 'xds'), id, ['--drain-strategy', 'immediate']));
  }
  const [going, staying] = proxies as [Proxy, Proxy];
  for (const proxy of proxies) {
    await until('it serves', async () => ((await proxy.admin('/ready')).status === 200 ? true : undefined));
  }
  for (let count = 0; count < 20; count += 1) clients.push(http1Client(), http2Client());
  await until('all are served', () => (clients.every(({ answers }) => answers.length > 5) ? true : undefined));
  const keeps = await counter(staying, 'downstream_cx_active');
  const goes = await counter(going, 'downstream_cx_active');
  expect([keeps + goes, keeps > 0, goes > 0]).toEqual([40, true, true]);

  server.setDraining('g', 'going', true);
  await until('its connections are let go', () =>
    clients.filter(({ letGo }) => letGo).length === goes ? true : undefined,
  );
  for (const _ of Array(20)) expect(await httpGet({ port, path: '/' })).toEqual({ status: 200, body: 'ok' });
  const before = clients.map(({ answers }) => answers.length);
  await until('the others are still served', () =>
    clients.every(({ letGo, answers }, index) => letGo || answers.length > (before[index] ?? 0) + 5) ? true : undefined,
  );
  expect(clients.filter(({ letGo }) => letGo)).toHaveLength(goes);
  expect(new Set(clients.flatMap(({ answers }) => answers))).toEqual(new Set(['200']));
  expect(await counter(staying, 'downstream_cx_active')).toBeGreaterThanOrEqual(keeps);
  const state = [...server.state()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  expect(state).toMatchObject([
    { nodeId: 'going', draining: true, settled: true, lastRefusal: undefined },
    { nodeId: 'staying', draining: false, settled: true },
  ]);
});
