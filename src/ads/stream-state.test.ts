import { beforeEach, expect, test } from 'vitest';
import type { Answer, DeltaRequest } from './exchange.ts';
import type { Generation } from './generation.ts';
import type { AdsResource, Requirement } from './resource.ts';
import type { DeltaResponse } from './response.ts';
import { StreamState } from './stream-state.ts';
import {
  clusterLoadAssignmentType as eds,
  clusterType as cds,
  extensionConfigType as ecds,
  listenerType as lds,
  routeConfigurationType as rds,
  secretType as sds,
  type TypeUrl,
} from './type-url.ts';

const graceMs = 30_000;
const gateMs = 20_000;
const catchUpMs = 90_000;

let state: StreamState;
let now: number;

beforeEach(() => {
  now = 0;
  state = new StreamState({ removalGraceMs: graceMs, gateTimeoutMs: gateMs, catchUpMs });
});

function resource(typeUrl: TypeUrl, name: string, version: string, ...requires: readonly Requirement[]): AdsResource {
  return { typeUrl, name, version, body: Buffer.from(version), requires };
}

const cluster = (name: string, version = '1') => resource(cds, name, version, { typeUrl: eds, name });
const assignment = (name: string, version = '1') => resource(eds, name, version);
const listener = (name: string, version = '1', ...clusters: readonly string[]) =>
  resource(lds, name, version, ...clusters.map((each) => ({ typeUrl: cds, name: each })));
const routes = (name: string, version: string, ...clusters: readonly string[]) =>
  resource(rds, name, version, ...clusters.map((each) => ({ typeUrl: cds, name: each })));

function generation(id: number, ...all: readonly AdsResource[]): Generation {
  const resources = new Map<TypeUrl, Map<string, AdsResource>>();
  for (const each of all) {
    const table = resources.get(each.typeUrl) ?? new Map<string, AdsResource>();
    resources.set(each.typeUrl, table.set(each.name, each));
  }
  return { id, resources };
}

function request(typeUrl: TypeUrl, part: Partial<DeltaRequest> = {}): Answer | undefined {
  const nothing = { subscribe: [], unsubscribe: [], initialVersions: {}, nonce: '', error: undefined };
  return state.request({ typeUrl, ...nothing, ...part });
}

/** All that may be sent now. */
function take(): DeltaResponse[] {
  const responses: DeltaResponse[] = [];
  for (let next = state.next(now); next !== undefined; next = state.next(now)) responses.push(next);
  return responses;
}

/** A response in short: its type, its resources with versions, what it removes. */
function short(response: DeltaResponse): string {
  const type = new Map([
    [cds, 'CDS'],
    [eds, 'EDS'],
    [lds, 'LDS'],
    [rds, 'RDS'],
    [sds, 'SDS'],
    [ecds, 'ECDS'],
  ]).get(response.typeUrl);
  const parts = [
    ...response.resources.map(({ name, version }) => `${name}@${version}`),
    ...response.removed.map((name) => `-${name}`),
  ];
  return [type, ...parts].join(' ');
}

function expectSent(...expected: readonly string[]): DeltaResponse[] {
  const responses = take();
  expect(responses.map(short)).toEqual(expected);
  return responses;
}

function ack(response: DeltaResponse | undefined): Answer | undefined {
  if (response === undefined) throw new Error('no response to acknowledge');
  return request(response.typeUrl, { nonce: response.nonce });
}

function nack(response: DeltaResponse | undefined): Answer | undefined {
  if (response === undefined) throw new Error('no response to refuse');
  return request(response.typeUrl, { nonce: response.nonce, error: 'no' });
}

/** Acknowledges all that is sent until nothing more is. */
function settle(): string[] {
  const seen: string[] = [];
  for (let responses = take(); responses.length > 0; responses = take()) {
    seen.push(...responses.map(short));
    for (const response of responses) ack(response);
  }
  return seen;
}

/** A proxy that has asked for everything and has generation 1. */
function connect(...all: readonly AdsResource[]): void {
  state.publish(generation(1, ...all));
  request(cds);
  request(lds);
  for (const typeUrl of [eds, rds, sds]) {
    request(typeUrl, { subscribe: all.filter((each) => each.typeUrl === typeUrl).map(({ name }) => name) });
  }
  settle();
  expect(state.acknowledged).toBe(1);
}

test('nothing is answered before there is a generation', () => {
  request(cds);
  expectSent();
  state.publish(generation(1, cluster('a')));
  expectSent('CDS a@1');
});

test('a proxy that has nothing is told so when there is nothing', () => {
  state.publish(generation(1));
  request(cds);
  const [first] = expectSent('CDS');
  ack(first);
  request(lds);
  const [second] = expectSent('LDS');
  ack(second);
  expectSent();
  expect(state.acknowledged).toBe(1);
});

test('an empty first request is everything for clusters and listeners only', () => {
  state.publish(generation(1, routes('r', '1'), assignment('a'), resource(sds, 's', '1')));
  for (const typeUrl of [rds, eds, sds, ecds]) request(typeUrl);
  expectSent();
});

test('endpoints, routes and secrets are answered at once, known or not', () => {
  state.publish(generation(1, assignment('a'), routes('r', '1'), resource(sds, 's', '1'), resource(ecds, 'e', '1')));
  request(eds, { subscribe: ['a', 'x'] });
  request(rds, { subscribe: ['r', 'x'] });
  request(sds, { subscribe: ['s', 'x'] });
  request(ecds, { subscribe: ['e', 'x'] });
  const sent = expectSent('EDS a@1 x@empty', 'SDS s@1 -x', 'ECDS e@1', 'RDS r@1 x@empty');
  // The name is field 1 of both messages.
  expect(sent[0]?.resources[1]?.body).toEqual(Buffer.from([0x0a, 1, 'x'.charCodeAt(0)]));
});

test('a name that is given up and asked for again is answered again', () => {
  connect(assignment('a'));
  request(eds, { unsubscribe: ['a'] });
  request(eds, { subscribe: ['a'] });
  expectSent('EDS a@1');
});

test('what nobody asks for is not sent', () => {
  connect(routes('r', '1'));
  request(rds, { unsubscribe: ['r'] });
  state.publish(generation(2, routes('r', '2')));
  expectSent();
});

test('on a reconnect only what differs is sent, and what is gone is removed', () => {
  state.publish(
    generation(7, cluster('same'), cluster('changed', '2'), cluster('new'), listener('l'), assignment('same')),
  );
  request(cds, { initialVersions: { same: '1', changed: '1' } });
  request(lds, { initialVersions: { l: '1', gone: '1' } });
  request(eds, { subscribe: ['same', 'unknown'], initialVersions: { same: '1', unknown: '9' } });
  const sent = take();
  // The assignments of the clusters that are sent end their warming.
  expect(sent.map(short)).toEqual(['CDS changed@2 new@1', 'EDS changed@empty new@empty', 'LDS -gone']);
});

test('a changed cluster is followed by its assignment', () => {
  connect(cluster('a'), assignment('a'), cluster('b'), assignment('b'));
  state.publish(generation(2, cluster('a', '2'), assignment('a'), cluster('b'), assignment('b', '2')));
  expectSent('CDS a@2', 'EDS b@2 a@1');
});

test('a type that was never asked for is not sent, as the proxy would not answer it', () => {
  state.publish(generation(1, cluster('a'), assignment('a')));
  request(cds);
  expectSent('CDS a@1');
  request(eds, { subscribe: ['a'] });
  expectSent('EDS a@1');
});

test('endpoints do not wait for the clusters in flight', () => {
  connect(cluster('a'), assignment('a'));
  state.publish(generation(2, cluster('a', '2'), assignment('a')));
  const [, endpoints] = expectSent('CDS a@2', 'EDS a@1');
  ack(endpoints);
  state.publish(generation(3, cluster('a', '3'), assignment('a', '2')));
  expectSent('EDS a@2');
});

test('at most one response of a type is unanswered, and the next one is the newest', () => {
  connect(assignment('a'));
  state.publish(generation(2, assignment('a', '2')));
  const [first] = expectSent('EDS a@2');
  state.publish(generation(3, assignment('a', '3')));
  state.publish(generation(4, assignment('a', '4')));
  expectSent();
  ack(first);
  expectSent('EDS a@4');
});

test('an answer with another nonce is not taken for an acknowledgement', () => {
  connect(assignment('a'));
  state.publish(generation(2, assignment('a', '2')));
  expectSent('EDS a@2');
  expect(request(eds, { nonce: 'older' })).toBeUndefined();
  expectSent();
});

test('a route waits until its cluster is acknowledged', () => {
  connect(cluster('a'), assignment('a'), listener('l'), routes('r', '1', 'a'));
  const next = generation(
    2,
    cluster('a'),
    assignment('a'),
    cluster('b'),
    assignment('b'),
    listener('l'),
    routes('r', '2', 'b'),
  );
  state.publish(next);
  const [clusters, endpoints] = expectSent('CDS b@1', 'EDS b@1');
  ack(endpoints);
  expectSent();
  ack(clusters);
  expectSent('RDS r@2');
});

test('a route waits for the version of its cluster that it comes with', () => {
  connect(cluster('a'), assignment('a'), listener('l'), routes('r', '1', 'a'));
  state.publish(generation(2, cluster('a', '2'), assignment('a'), listener('l'), routes('r', '2', 'a')));
  const [clusters] = expectSent('CDS a@2', 'EDS a@1');
  ack(clusters);
  expectSent('RDS r@2');
});

test('a route goes after 20 s even if its cluster is never acknowledged', () => {
  connect(cluster('a'), assignment('a'), routes('r', '1', 'a'));
  state.publish(generation(2, cluster('a', '2'), assignment('a'), routes('r', '2', 'a')));
  expectSent('CDS a@2', 'EDS a@1');
  expect(state.deadline()).toBe(gateMs);
  now = gateMs - 1;
  expectSent();
  now = gateMs;
  expectSent('RDS r@2');
});

test('while clusters change without a pause, routes follow the acknowledged ones', () => {
  const at = (id: number): Generation =>
    generation(id, cluster(`c${id}`), assignment(`c${id}`), routes('r', String(id), `c${id}`));
  connect(cluster('c1'), assignment('c1'), routes('r', '1', 'c1'));
  state.publish(at(2));
  const [clusters] = expectSent('CDS c2@1', 'EDS c2@1');
  state.publish(at(3));
  ack(clusters);
  // c1 still serves the old table; c3 is on its way; the table of generation 2 has all that it needs.
  expect(take().map(short)).toEqual(['CDS c3@1', 'RDS r@2']);
});

test('a cluster goes 30 s after its last route is gone', () => {
  connect(cluster('a'), assignment('a'), cluster('b'), assignment('b'), listener('l'), routes('r', '1', 'a'));
  state.publish(generation(2, cluster('b'), assignment('b'), listener('l'), routes('r', '2', 'b')));
  now = 100_000;
  const [table] = expectSent('RDS r@2');
  now = 200_000;
  ack(table);
  expectSent();
  expect(state.acknowledged).toBe(2);
  expect(state.deadline()).toBe(200_000 + graceMs);
  now = 200_000 + graceMs;
  expectSent('CDS -a');
});

test('a cluster that comes back within its grace stays', () => {
  connect(cluster('a'), assignment('a'));
  state.publish(generation(2));
  expectSent();
  state.publish(generation(3, cluster('a'), assignment('a')));
  now = graceMs * 2;
  expectSent();
  expect(state.deadline()).toBeUndefined();
});

test('a cluster that a refused table leaves in use is not removed', () => {
  connect(cluster('a'), assignment('a'), cluster('b'), assignment('b'), routes('r', '1', 'a'));
  state.publish(generation(2, cluster('b'), assignment('b'), routes('r', '2', 'b')));
  const [table] = expectSent('RDS r@2');
  nack(table);
  expectSent();
  now = graceMs * 2;
  expectSent();
});

test('endpoints and routes that are gone stay with who uses them', () => {
  connect(cluster('a'), assignment('a'), routes('r', '1', 'a'));
  state.publish(generation(2));
  expectSent();
});

test('a listener passes its port on in one response, also when the new one waits for a cluster', () => {
  connect(listener('one'));
  state.publish(generation(2, cluster('a'), assignment('a'), listener('two', '1', 'a')));
  const [clusters] = expectSent('CDS a@1', 'EDS a@1');
  ack(clusters);
  expectSent('LDS two@1 -one');
});

test('a refused resource that was alone is not sent again until it changes', () => {
  connect(routes('r', '1'));
  state.publish(generation(2, routes('r', 'bad')));
  const [table] = expectSent('RDS r@bad');
  expect(nack(table)).toEqual({
    typeUrl: rds,
    generation: 2,
    resources: [{ name: 'r', version: 'bad' }],
    removed: [],
    refusal: 'no',
    narrowing: false,
  });
  expectSent();
  expect(state.acknowledged).toBe(1);
  state.publish(generation(3, routes('r', 'bad'), assignment('other')));
  expectSent();
  state.publish(generation(4, routes('r', '1')));
  // What the proxy has after a refusal is not certain.
  expect(settle()).toEqual(['RDS r@1']);
  expect(state.acknowledged).toBe(4);
});

test('several refused resources are sent one by one, and the good ones count', () => {
  connect();
  state.publish(generation(2, cluster('a'), cluster('bad'), cluster('c')));
  const [all] = expectSent('CDS a@1 bad@1 c@1', 'EDS a@empty bad@empty c@empty');
  expect(nack(all)?.narrowing).toBe(true);
  const order: string[] = [];
  for (let response = take().find(({ typeUrl }) => typeUrl === cds); response !== undefined;) {
    order.push(short(response));
    if (short(response) === 'CDS bad@1') expect(nack(response)?.narrowing).toBe(false);
    else ack(response);
    response = take().find(({ typeUrl }) => typeUrl === cds);
  }
  expect(order).toEqual(['CDS a@1', 'CDS bad@1', 'CDS c@1']);
});

test('what was first seen in a refused response is removed by name', () => {
  connect();
  state.publish(generation(2, listener('bad')));
  const [first] = expectSent('LDS bad@1');
  nack(first);
  expectSent();
  state.publish(generation(3));
  expectSent('LDS -bad');
});

test('a route on a refused cluster waits for the next publish, one on its older version does not', () => {
  connect(cluster('old'), assignment('old'), routes('r', '1'), routes('q', '1'));
  const rest = [cluster('old', 'bad'), assignment('old'), routes('r', '2', 'old')];
  state.publish(generation(2, ...rest, cluster('new', 'bad'), assignment('new'), routes('q', '2', 'new')));
  const [all] = expectSent('CDS old@bad new@bad', 'EDS old@1 new@1');
  nack(all);
  const [old] = expectSent('CDS old@bad');
  nack(old);
  const [fresh] = expectSent('CDS new@bad', 'RDS r@2');
  nack(fresh);
  expectSent();
});

test('what a proxy took without recording it is put right on its next stream', () => {
  connect(listener('l'));
  state.publish(generation(2, listener('l', '2'), listener('bad')));
  const [refused] = expectSent('LDS l@2 bad@1');
  nack(refused);
  const doubts = state.doubts();
  expect(doubts).toEqual([
    { typeUrl: lds, name: 'l' },
    { typeUrl: lds, name: 'bad' },
  ]);
  // It says that it has version 1 of l, as it recorded nothing since, but it serves version 2.
  state = new StreamState({ removalGraceMs: graceMs, gateTimeoutMs: gateMs, catchUpMs }, doubts);
  state.publish(generation(3, listener('l', '1')));
  request(lds, { initialVersions: { l: '1' } });
  expectSent('LDS l@1 -bad');
});

test('a proxy that has nothing is told so even if an earlier stream left a doubt', () => {
  state = new StreamState({ removalGraceMs: graceMs, gateTimeoutMs: gateMs, catchUpMs }, [
    { typeUrl: cds, name: 'gone' },
  ]);
  state.publish(generation(1));
  request(cds);
  expectSent('CDS');
});
