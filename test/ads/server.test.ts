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
import { createHandClock, type HandClock } from '../fixture/hand-clock.ts';
import { connectClient, type ScriptedClient } from './client.ts';
import { until } from '../fixture/until.ts';
import { generation } from './resources.ts';

let server: AdsServer;
let port: number;
let log: string[];
let clock: HandClock;
const clients: ScriptedClient[] = [];

beforeEach(async () => {
  log = [];
  clock = createHandClock();
  server = createAdsServer({
    removalGraceMs: 30_000,
    clock,
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
  clock.advance(31_000);
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

test('a node that is about to go gets the draining variant, and the others of its group do not', async () => {
  const rest = [resource(cds, 'a', '1'), resource(rds, 'r', '1')];
  let made = 0;
  const withDraining = (id: number, version: string) => {
    const of = generation(id, ...rest, resource(lds, 'l', version));
    const draining = (): typeof of.resources => {
      made += 1;
      return new Map([...of.resources, [lds, new Map([['l', resource(lds, 'l', `${version}-draining`)]])]]);
    };
    return { ...of, draining };
  };
  server.publish('g', withDraining(1, '1'));
  const [going, staying] = [connect('going'), connect('staying')];
  for (const client of [going, staying]) {
    client.send(lds);
    client.ack(await expectNext(client, lds, ['l@1']));
  }
  expect(made).toBe(0);
  server.setDraining('g', 'going', true);
  server.setDraining('g', 'late', true);
  going.ack(await expectNext(going, lds, ['l@1-draining']));
  server.publish('g', withDraining(2, '2'));
  going.ack(await expectNext(going, lds, ['l@2-draining']));
  staying.ack(await expectNext(staying, lds, ['l@2']));
  const late = connect('late');
  late.send(lds);
  await expectNext(late, lds, ['l@2-draining']);
  expect(made).toBe(2);
  expect(server.state().map(({ nodeId, draining }) => [nodeId, draining])).toEqual([
    ['going', true],
    ['staying', false],
    ['late', true],
  ]);
  server.setDraining('g', 'going', false);
  await expectNext(going, lds, ['l@2']);
});

test('the state tells for how long a proxy is connected, what it has and whether that is all', async () => {
  server.publish('g', generation(1));
  const client = connect('one');
  client.send(cds);
  const clusters = await expectNext(client, cds, []);
  client.send(lds);
  const listeners = await expectNext(client, lds, []);
  clock.advance(5_000);
  client.ack(clusters);
  await until('the first answer is in', () => server.state()[0]?.types.find(({ inFlight }) => inFlight === undefined));
  expect(server.state()).toMatchObject([{ connectedMs: 5_000, acknowledged: undefined, settled: false }]);
  client.ack(listeners);
  await until('all is acknowledged', () => (server.acknowledged('g') === 1 ? true : undefined));
  expect(server.state()).toMatchObject([{ settled: true, draining: false, types: [{}, {}] }]);
});

test('a stream that is old enough is ended when everything sent is answered', async () => {
  const ageMs = 30 * 60_000;
  server.publish('g', generation(1, resource(rds, 'r', '1')));
  const client = connect('one');
  client.send(rds, { resourceNamesSubscribe: ['r'] });
  const response = await expectNext(client, rds, ['r@1']);
  clock.advance(ageMs * 1.1);
  server.publish('g', generation(2, resource(rds, 'r', '2')));
  expect(log).toEqual(['connect g one']);
  client.ack(response);
  expect(await client.ended).toBe(status.OK);
  expect(client.waiting).toBe(0);
  expect(log).toEqual(['connect g one', 'disconnect g one']);
  expect(clock.planned()).toBe(0);
});

test('a stream that is old enough is ended though an answer never comes', async () => {
  server.publish('g', generation(1, resource(rds, 'r', '1')));
  const client = connect('one');
  client.send(rds, { resourceNamesSubscribe: ['r'] });
  await expectNext(client, rds, ['r@1']);
  clock.advance(30 * 60_000 * 0.89);
  client.send(eds, { resourceNamesSubscribe: ['a'] });
  client.ack(await expectNext(client, eds, ['a@empty']));
  clock.advance(30 * 60_000 * 0.21);
  clock.advance(20_000);
  expect(await client.ended).toBe(status.OK);
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
