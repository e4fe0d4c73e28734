import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AdsResource } from '../../src/ads/resource.ts';
import { type AdsServer, createAdsServer } from '../../src/ads/server.ts';
import {
  clusterLoadAssignmentType as eds,
  clusterType as cds,
  listenerType as lds,
  routeConfigurationType as rds,
  type TypeUrl,
} from '../../src/ads/type-url.ts';
import { connectClient, type ScriptedClient } from './client.ts';
import { until } from './proxy.ts';
import { generation } from './resources.ts';

let server: AdsServer;
let port: number;
let log: string[];
let timers: { readonly at: number; readonly action: () => void }[];
let now: number;
const clients: ScriptedClient[] = [];

beforeEach(async () => {
  log = [];
  timers = [];
  now = 0;
  server = createAdsServer({
    removalGraceMs: 30_000,
    clock: {
      now: () => now,
      schedule: (delayMs, action) => {
        const timer = { at: now + delayMs, action };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    events: {
      onConnect: ({ group, nodeId }) => log.push(`connect ${group} ${nodeId}`),
      onDisconnect: ({ group, nodeId }) => log.push(`disconnect ${group} ${nodeId}`),
      onNack: ({ nodeId }, { resources, refusal }) =>
        log.push(`nack ${nodeId} ${resources.map(({ name, version }) => `${name}@${version}`).join()} ${refusal}`),
      onSynced: ({ nodeId }, id) => log.push(`synced ${nodeId} ${id}`),
    },
  });
  port = await server.listenTcp({ identify: (call) => (call.metadata.get('user-agent').length > 0 ? 'g' : undefined) });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

function connect(nodeId: string, address = `127.0.0.1:${port}`): ScriptedClient {
  const client = connectClient(address, nodeId);
  clients.push(client);
  return client;
}

function resource(typeUrl: TypeUrl, name: string, version: string, length = 1): AdsResource {
  return { typeUrl, name, version, body: Buffer.alloc(length), requires: [] };
}

async function passTime(ms: number): Promise<void> {
  now += ms;
  for (const timer of timers.filter(({ at }) => at <= now)) timer.action();
}

async function expectNext(
  client: ScriptedClient,
  typeUrl: TypeUrl,
  names: readonly string[],
  removed: readonly string[] = [],
) {
  const response = await client.receive();
  expect(response.typeUrl).toBe(typeUrl);
  expect(response.resources.map(({ name, version }) => `${name}@${version}`)).toEqual(names);
  expect(response.removedResources).toEqual(removed);
  return response;
}

test('subscriptions, updates and removals go over a stream', async () => {
  const client = connect('one');
  client.send(cds);
  client.send(lds);
  client.send(eds, { resourceNamesSubscribe: ['a', 'unknown'] });
  await until('the requests are in', () => (server.state()[0]?.types.length === 3 ? true : undefined));
  expect(client.waiting).toBe(0);
  server.publish('g', generation(1, resource(cds, 'a', '1'), resource(cds, 'b', '1'), resource(eds, 'a', '1')));
  client.ack(await expectNext(client, cds, ['a@1', 'b@1']));
  client.ack(await expectNext(client, eds, ['a@1', 'unknown@empty']));
  client.ack(await expectNext(client, lds, []));
  await until('all is acknowledged', () => (server.acknowledged('g') === 1 ? true : undefined));

  server.publish('g', generation(2, resource(cds, 'a', '1'), resource(eds, 'a', '2')));
  client.ack(await expectNext(client, eds, ['a@2']));
  await until('all is acknowledged', () => (server.acknowledged('g') === 2 ? true : undefined));
  await passTime(31_000);
  client.ack(await expectNext(client, cds, [], ['b']));

  client.send(eds, { resourceNamesUnsubscribe: ['a'] });
  client.send(eds, { resourceNamesSubscribe: ['a'] });
  client.ack(await expectNext(client, eds, ['a@2']));
  client.close();
  await until('the stream is gone', () => (server.state().length === 0 ? true : undefined));
  expect(log).toEqual(['connect g one', 'synced one 1', 'synced one 2', 'disconnect g one']);
});

test('a refusal is reported with names, versions and message, and the state shows it', async () => {
  const client = connect('one');
  server.publish('g', generation(1, resource(rds, 'r', '1')));
  client.send(rds, { resourceNamesSubscribe: ['r'] });
  client.nack(await expectNext(client, rds, ['r@1']), 'bad regular expression');
  await until('it is reported', () => log.find((line) => line.startsWith('nack')));
  expect(log).toEqual(['connect g one', 'nack one r@1 bad regular expression']);
  expect(server.state()).toMatchObject([
    {
      nodeId: 'one',
      acknowledged: undefined,
      lastRefusal: { refusal: 'bad regular expression', resources: [{ name: 'r', version: '1' }] },
      types: [{ typeUrl: rds, subscribed: 1, acknowledged: 0, refused: [{ name: 'r', version: '1' }] }],
    },
  ]);
  server.publish('g', generation(2, resource(rds, 'r', '2')));
  client.ack(await expectNext(client, rds, ['r@2']));
});

test('a proxy that comes back is sent what differs', async () => {
  server.publish(
    'g',
    generation(5, resource(lds, 'same', '1'), resource(lds, 'changed', '2'), resource(lds, 'new', '1')),
  );
  const client = connect('one');
  client.send(lds, { initialResourceVersions: { same: '1', changed: '1', gone: '1' } });
  await expectNext(client, lds, ['changed@2', 'new@1'], ['gone']);
});

test('groups do not see each other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ads-'));
  try {
    const path = join(folder, 'h');
    const stop = await server.listenUnix(path, 'h');
    server.publish('g', generation(1, resource(lds, 'of-g', '1')));
    server.publish('h', generation(1, resource(lds, 'of-h', '1')));
    const [inG, inH] = [connect('one'), connect('two', `unix:${path}`)];
    inG.send(lds);
    inH.send(lds);
    await expectNext(inG, lds, ['of-g@1']);
    await expectNext(inH, lds, ['of-h@1']);
    await stop();
    expect(await inH.ended).not.toBe(status.OK);
    expect(existsSync(path)).toBe(false);
    inG.send(rds, { resourceNamesSubscribe: ['r'] });
    await expectNext(inG, rds, ['r@empty']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a call without an identity is refused', async () => {
  const closed = await server.listenTcp({ identify: () => undefined });
  const client = connect('one', `127.0.0.1:${closed}`);
  client.send(cds);
  expect(await client.ended).toBe(status.PERMISSION_DENIED);
  expect(log).toEqual([]);
});

test('a proxy that does not read costs one response, and the others go on', async () => {
  const size = 256 * 1024;
  const table = (id: number) => generation(id, resource(rds, 'r', String(id), size));
  const [slow, quick] = [connect('slow'), connect('quick')];
  slow.pause();
  server.publish('g', table(1));
  slow.send(rds, { resourceNamesSubscribe: ['r'] });
  quick.send(rds, { resourceNamesSubscribe: ['r'] });
  quick.ack(await expectNext(quick, rds, ['r@1']));
  await until('the slow one has asked', () =>
    server.state().some(({ nodeId, types }) => nodeId === 'slow' && types[0]?.inFlight !== undefined)
      ? true
      : undefined,
  );
  for (let id = 2; id <= 200; id += 1) {
    server.publish('g', table(id));
    quick.ack(await expectNext(quick, rds, [`r@${id}`]));
  }
  slow.resume();
  slow.ack(await expectNext(slow, rds, ['r@1']));
  slow.ack(await expectNext(slow, rds, ['r@200']));
});
