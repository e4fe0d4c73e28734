import { beforeEach, expect, test } from 'vitest';
import type { DeltaRequest } from './exchange.ts';
import type { Generation } from './generation.ts';
import { markName, parseMark, type Mark } from './mark.ts';
import type { AdsResource, Requirement } from './resource.ts';
import type { DeltaResponse } from './response.ts';
import { StreamState } from './stream-state.ts';
import {
  clusterLoadAssignmentType as eds,
  clusterType as cds,
  listenerType as lds,
  routeConfigurationType as rds,
  type TypeUrl,
} from './type-url.ts';

const catchUpMs = 90_000;

let state: StreamState;
let now: number;

beforeEach(() => {
  now = 0;
  state = new StreamState({ removalGraceMs: 0, gateTimeoutMs: 20_000, catchUpMs });
});

function resource(typeUrl: TypeUrl, name: string, version: string, ...requires: readonly Requirement[]): AdsResource {
  return { typeUrl, name, version, body: Buffer.from(version), requires };
}

const cluster = (name: string, version: string) => resource(cds, name, version, { typeUrl: eds, name });
const routes = (version: string) => resource(rds, 'r', version, { typeUrl: cds, name: 'a' });

function markOf(text: string): Mark {
  const mark = parseMark(text);
  if (mark === undefined) throw new Error(`no mark: ${text}`);
  return mark;
}

function generation(id: number, mark: string, ...all: readonly AdsResource[]): Generation {
  const resources = new Map<TypeUrl, Map<string, AdsResource>>();
  for (const each of all) {
    const table = resources.get(each.typeUrl) ?? new Map<string, AdsResource>();
    resources.set(each.typeUrl, table.set(each.name, each));
  }
  return { id, resources, mark: markOf(mark) };
}

function request(typeUrl: TypeUrl, part: Partial<DeltaRequest> = {}): void {
  const nothing = { subscribe: [], unsubscribe: [], initialVersions: {}, nonce: '', error: undefined };
  state.request({ typeUrl, ...nothing, ...part });
}

/** All that may be sent now, in short. */
function take(): { readonly texts: readonly string[]; readonly responses: readonly DeltaResponse[] } {
  const responses: DeltaResponse[] = [];
  for (let next = state.next(now); next !== undefined; next = state.next(now)) responses.push(next);
  const texts = responses.map(({ typeUrl, resources, removed, mark }) =>
    [
      ...[typeUrl.slice(typeUrl.lastIndexOf('.') + 1)],
      ...resources.map(({ name, version }) => `${name}@${version}`),
      ...removed.map((name) => `-${name}`),
      ...(mark === undefined ? [] : [`mark ${mark}`]),
    ].join(' '),
  );
  return { texts, responses };
}

function settle(): readonly string[] {
  const seen: string[] = [];
  for (let taken = take(); taken.responses.length > 0; taken = take()) {
    seen.push(...taken.texts);
    for (const { typeUrl, nonce } of taken.responses) request(typeUrl, { nonce });
  }
  return seen;
}

/** The first requests of a proxy that comes back with version 2 of everything, and what is sent after each. */
function comeBack(mark: string): readonly string[] {
  const seen: string[] = [];
  request(cds, { initialVersions: { a: '2', [markName]: mark } });
  seen.push(...settle());
  request(lds, { initialVersions: { l: '2' } });
  seen.push(...settle());
  request(eds, { subscribe: ['a'], initialVersions: { a: '2' } });
  seen.push(...settle());
  request(rds, { subscribe: ['r'], initialVersions: { r: '2' } });
  return [...seen, ...settle()];
}

const everything = (version: string) => [
  cluster('a', version),
  resource(eds, 'a', version),
  resource(lds, 'l', version),
  routes(version),
];

test.each([
  ['', undefined],
  ['-1', undefined],
  ['01', undefined],
  ['1e3', undefined],
  ['0', '0'],
  ['18446744073709551616', '18446744073709551616'],
])('%j as a mark', (text, mark) => expect(parseMark(text)).toBe(mark));

test('the mark goes along with clusters, and before anything else', () => {
  request(cds);
  request(lds);
  request(eds, { subscribe: ['a'] });
  request(rds, { subscribe: ['r'] });
  state.publish(generation(1, '99', cluster('a', '1'), routes('1')));
  expect(settle()).toEqual([
    'Cluster a@1 mark 99',
    'ClusterLoadAssignment a@empty',
    'Listener',
    'RouteConfiguration r@1',
  ]);
  state.publish(generation(2, '100', cluster('a', '1'), routes('2')));
  expect(settle()).toEqual(['Cluster mark 100', 'RouteConfiguration r@2']);
  expect(state.acknowledged).toBe(2);
});

test('a mark by itself is nothing to send', () => {
  request(cds);
  request(lds);
  request(eds, { subscribe: ['a'] });
  state.publish(generation(1, '1', cluster('a', '1')));
  settle();
  state.publish(generation(2, '2', cluster('a', '1')));
  state.reach(markOf('3'));
  expect(settle()).toEqual([]);
  expect(state.acknowledged).toBe(2);
  state.publish(generation(3, '3', cluster('a', '2')));
  expect(settle()).toEqual(['Cluster a@2 mark 3', 'ClusterLoadAssignment a@empty']);
});

test('a server that was restarted sends nothing to a proxy that has it all', () => {
  state.publish(generation(1, '500', ...everything('2')));
  expect(comeBack('400')).toEqual([]);
  expect(state.acknowledged).toBe(1);
});

test('a proxy without anything but a mark is owed no answer', () => {
  state.publish(generation(1, '500'));
  request(cds, { initialVersions: { [markName]: '500' } });
  expect(settle()).toEqual([]);
});

test('a server that is behind sends nothing older and removes nothing until it has caught up', () => {
  state.publish(generation(1, '99', cluster('a', '1'), resource(eds, 'a', '1'), resource(lds, 'other', '1')));
  expect(comeBack('100')).toEqual([]);
  expect([state.isBehind, state.acknowledged]).toEqual([true, undefined]);
  state.publish(generation(2, '100', ...everything('2'), cluster('b', '1')));
  expect(settle()).toEqual(['Cluster b@1', 'ClusterLoadAssignment b@empty']);
  expect([state.isBehind, state.acknowledged]).toEqual([false, 2]);
});

test('a server catches up also where nothing of the proxy changes', () => {
  state.publish(generation(1, '99', ...everything('2')));
  expect(comeBack('100')).toEqual([]);
  state.reach(markOf('101'));
  expect(settle()).toEqual([]);
  expect([state.isBehind, state.acknowledged]).toEqual([false, 1]);
});

test('what a cluster waits for is sent even from behind, if it is known', () => {
  state.publish(generation(1, '99', cluster('b', '1'), resource(eds, 'b', '1')));
  comeBack('100');
  request(eds, { subscribe: ['b', 'unknown'] });
  expect(settle()).toEqual(['ClusterLoadAssignment b@1']);
});

test('before the proxy has said a word on its clusters, which it delays while they warm, it may have anything', () => {
  state.publish(generation(1, '99', ...everything('1')));
  request(lds, { initialVersions: { l: '2' } });
  request(eds, { subscribe: ['a'] });
  expect(settle()).toEqual(['ClusterLoadAssignment a@1']);
  request(cds, { initialVersions: { a: '1', [markName]: '98' } });
  expect(settle()).toEqual(['Cluster mark 99', 'Listener l@1']);
});

test('a future that never comes is not waited for', () => {
  state.publish(generation(1, '99', cluster('a', '1'), resource(lds, 'l', '1')));
  expect(comeBack('1000000')).toEqual([]);
  expect(state.deadline()).toBe(catchUpMs);
  now = catchUpMs;
  expect(settle()).toEqual(['Cluster a@1 mark 99', 'Listener l@1']);
});

test('a mark that came with what was refused is not recorded and goes again', () => {
  request(cds);
  state.publish(generation(1, '1', cluster('a', 'bad')));
  const { texts, responses } = take();
  expect(texts).toEqual(['Cluster a@bad mark 1']);
  request(cds, { nonce: responses[0]?.nonce ?? '', error: 'no' });
  state.publish(generation(2, '1', cluster('a', 'good')));
  expect(settle()).toEqual(['Cluster a@good mark 1']);
});

test('without marks of its own a server takes no notice of one', () => {
  const { mark: _, ...unmarked } = generation(1, '1', cluster('a', '1'));
  state.publish(unmarked);
  request(cds, { initialVersions: { a: '2', [markName]: '100' } });
  expect(settle()).toEqual(['Cluster a@1']);
});
