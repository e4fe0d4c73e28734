import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../lib/fields.ts';
import { createHandClock, type HandClock } from '../../test/fixture/hand-clock.ts';
import { objectKey, type ObjectRef } from '../snapshot/object.ts';
import type { LiveStatus, StatusStore, StatusWrite, WriteOutcome } from './live-status.ts';
import { createStatusWriter, type StatusWriter } from './writer.ts';

const controllerName = 'sallyport.dev/gateway-controller';
const route: ObjectRef = { kind: 'HTTPRoute', namespace: 'shop', name: 'cart' };
const ingress: ObjectRef = { kind: 'Ingress', namespace: 'shop', name: 'site' };

/** Objects with optimistic locking, as the API server keeps them; `before` runs between a decision and its write. */
class Store implements StatusStore {
  readonly #objects = new Map<string, LiveStatus>();
  readonly writes: StatusWrite[] = [];
  onLatest: (ref: ObjectRef) => void = () => {};
  before: (write: StatusWrite) => WriteOutcome | undefined = () => undefined;
  #version = 0;

  put(ref: ObjectRef, status: Fields): void {
    this.#version += 1;
    this.#objects.set(objectKey(ref), { resourceVersion: String(this.#version), uid: 'u', status });
  }

  latest(ref: ObjectRef): LiveStatus | undefined {
    this.onLatest(ref);
    return this.#objects.get(objectKey(ref));
  }

  read(ref: ObjectRef): Promise<LiveStatus | undefined> {
    return Promise.resolve(this.latest(ref));
  }

  write(write: StatusWrite): Promise<WriteOutcome> {
    const failed = this.before(write);
    if (failed !== undefined) return Promise.resolve(failed);
    const live = this.latest(write.ref);
    if (live === undefined) return Promise.resolve({ kind: 'Gone' });
    if (write.kind === 'Replace' && write.resourceVersion !== live.resourceVersion) {
      return Promise.resolve({ kind: 'Conflict' });
    }
    this.writes.push(write);
    this.put(write.ref, { ...live.status, ...write.status });
    const now = this.latest(write.ref);
    return Promise.resolve(now === undefined ? { kind: 'Gone' } : { kind: 'Written', live: now });
  }
}

function accepted(generation: number): Fields {
  const conditions = [
    { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', observedGeneration: generation },
  ];
  return { parents: [{ parentRef: { name: 'public' }, controllerName, conditions }] };
}

function createWriter(store: Store, restMs = 0): { writer: StatusWriter; clock: HandClock } {
  const clock = createHandClock();
  const writer = createStatusWriter({ store, controllerName, log: pino({ level: 'silent' }), clock, restMs });
  return { writer, clock };
}

/** A writer that has written one status. */
async function createUsedWriter(): Promise<{ store: Store; writer: StatusWriter }> {
  const store = new Store();
  store.put(route, {});
  const { writer } = createWriter(store);
  writer.setActive(true);
  writer.update([{ ref: route, status: accepted(1) }]);
  await settle(writer);
  return { store, writer };
}

async function settle(writer: StatusWriter): Promise<void> {
  while (writer.waiting() > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('a status writer', () => {
  it('writes once what differs, and nothing again', async () => {
    const { store, writer } = await createUsedWriter();
    writer.observe(route);
    writer.update([{ ref: route, status: accepted(1) }]);
    await settle(writer);
    expect(store.writes).toHaveLength(1);
  });

  it('writes nothing before it is active, and all that differs then', async () => {
    const store = new Store();
    store.put(route, {});
    const { writer } = createWriter(store);
    writer.update([{ ref: route, status: accepted(1) }]);
    expect(store.writes).toHaveLength(0);
    writer.setActive(true);
    await settle(writer);
    expect(store.writes).toHaveLength(1);
  });

  it('mends what somebody else wrote over', async () => {
    const { store, writer } = await createUsedWriter();
    store.put(route, { parents: [] });
    writer.observe(route);
    await settle(writer);
    expect(store.latest(route)?.status['parents']).toHaveLength(1);
  });

  it('leaves what is spared, and takes it back once it is not', async () => {
    const store = new Store();
    store.put(route, accepted(1));
    store.put(ingress, { loadBalancer: { ingress: [{ ip: '198.18.0.1' }] } });
    let isSpared = true;
    const spares = (): boolean => isSpared;
    const writer = createStatusWriter({
      store,
      controllerName,
      log: pino({ level: 'silent' }),
      clock: createHandClock(),
      spares,
    });
    writer.setActive(true);
    writer.update([{ ref: ingress, status: { loadBalancer: {} } }]);
    for (const ref of [route, ingress]) writer.observe(ref);
    await settle(writer);
    expect(store.writes).toEqual([]);
    isSpared = false;
    writer.reconsider();
    await settle(writer);
    expect(store.latest(route)?.status).toEqual({ parents: [] });
    expect(store.latest(ingress)?.status).toEqual({ loadBalancer: {} });
  });

  it('takes back what it said of an object that is no longer ours', async () => {
    const { store, writer } = await createUsedWriter();
    writer.update([]);
    await settle(writer);
    expect(store.latest(route)?.status['parents']).toEqual([]);
  });

  it('takes the address of an Ingress back when it goes to another class, unless its new controller was there', async () => {
    const ours = { loadBalancer: { ingress: [{ ip: '198.18.0.1' }] } };
    const theirs = { loadBalancer: { ingress: [{ ip: '198.18.0.2' }] } };
    const store = new Store();
    const { writer } = createWriter(store);
    writer.setActive(true);
    for (const [seen, left] of [
      [ours, { loadBalancer: {} }],
      [theirs, theirs],
    ] as const) {
      store.put(ingress, {});
      writer.update([{ ref: ingress, status: ours }]);
      await settle(writer);
      store.put(ingress, seen);
      writer.update([]);
      await settle(writer);
      expect(store.latest(ingress)?.status).toEqual(left);
    }
  });

  it('leaves an Ingress alone that it never served', async () => {
    const store = new Store();
    store.put(ingress, { loadBalancer: { ingress: [{ ip: '198.18.0.1' }] } });
    const { writer } = createWriter(store);
    writer.setActive(true);
    writer.update([]);
    writer.observe(ingress);
    await settle(writer);
    expect(store.writes).toEqual([]);
  });

  it('looks only at what came, changed or went between two lists', async () => {
    const named = (name: string): ObjectRef => ({ ...route, name });
    const gateway: ObjectRef = { kind: 'Gateway', namespace: 'shop', name: 'public' };
    const stay = Array.from({ length: 100 }, (_, index) => ({
      ref: named(`stay${index + 100}`),
      status: accepted(1),
    }));
    const gone = { ref: named('gone'), status: accepted(1) };
    const store = new Store();
    for (const { ref } of [...stay, gone]) store.put(ref, {});
    store.put(gateway, {});
    store.put(named('zero'), {});
    const { writer } = createWriter(store);
    writer.setActive(true);
    writer.update([{ ref: gateway, status: { attached: 1 } }, gone, ...stay]);
    await settle(writer);
    const asked = new Set<string>();
    store.onLatest = (ref) => asked.add(objectKey(ref));
    const come = { ref: named('zero'), status: accepted(1) };
    writer.update([{ ref: gateway, status: { attached: 2 } }, ...stay, come]);
    await settle(writer);
    expect([...asked].toSorted()).toEqual([gateway, gone.ref, come.ref].map(objectKey).toSorted());
    expect(store.latest(gone.ref)?.status['parents']).toEqual([]);
    expect(store.latest(come.ref)?.status['parents']).toHaveLength(1);
  });

  it('leaves an object alone for a while after a write, then writes the newest at once', async () => {
    const store = new Store();
    store.put(route, {});
    const { writer, clock } = createWriter(store, 500);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    writer.setActive(true);
    writer.update([{ ref: route, status: accepted(1) }]);
    await turn();
    for (const generation of [2, 3, 4]) {
      clock.advance(100);
      writer.update([{ ref: route, status: accepted(generation) }]);
      writer.observe(route);
      await turn();
    }
    expect([store.writes.length, writer.waiting()]).toEqual([1, 1]);
    clock.advance(200);
    await settle(writer);
    expect(store.writes).toHaveLength(2);
    expect(store.latest(route)?.status).toMatchObject({ parents: [{ conditions: [{ observedGeneration: 4 }] }] });
    clock.advance(500);
    expect([writer.waiting(), clock.planned()]).toEqual([0, 0]);
  });

  it('tries again what failed, less and less often, and once for each object however often it is seen', async () => {
    const store = new Store();
    store.put(route, {});
    let attempts = 0;
    store.before = () => {
      attempts += 1;
      return { kind: 'Failed', message: 'the server is away' };
    };
    const { writer, clock } = createWriter(store);
    const pass = async (ms: number) => {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
      return attempts;
    };
    writer.setActive(true);
    writer.update([{ ref: route, status: accepted(1) }]);
    for (let seen = 0; seen < 5; seen += 1) {
      await pass(0);
      writer.observe(route);
    }
    expect(await pass(0)).toBe(6);
    expect(clock.planned()).toBe(1);
    expect(await pass(1_000)).toBe(7);
    expect(await pass(1_000)).toBe(7);
    expect(await pass(1_000)).toBe(8);
    store.before = () => undefined;
    await pass(60_000);
    await settle(writer);
    expect(store.writes).toHaveLength(1);
    expect(clock.planned()).toBe(0);
  });

  it('tries again where it can not be read what somebody else wrote', async () => {
    const store = new Store();
    store.put(route, {});
    store.before = () => ({ kind: 'Conflict' });
    store.read = () => Promise.resolve(undefined);
    const { writer, clock } = createWriter(store);
    writer.setActive(true);
    writer.update([{ ref: route, status: accepted(1) }]);
    await new Promise((resolve) => setImmediate(resolve));
    store.before = () => undefined;
    clock.advance(1_000);
    await settle(writer);
    expect(store.writes).toHaveLength(1);
  });

  it('holds nothing for later while another replica writes', async () => {
    const store = new Store();
    store.put(route, {});
    store.before = () => ({ kind: 'Failed', message: 'the server is away' });
    const { writer, clock } = createWriter(store);
    writer.setActive(true);
    writer.update([{ ref: route, status: accepted(1) }]);
    await new Promise((resolve) => setImmediate(resolve));
    writer.setActive(false);
    writer.observe(route);
    writer.update([{ ref: route, status: accepted(2) }]);
    expect([writer.waiting(), clock.planned()]).toEqual([0, 0]);
    store.before = () => undefined;
    writer.setActive(true);
    await settle(writer);
    expect(store.writes).toHaveLength(1);
  });

  it('loses no entry of a second writer over 1,000 rounds', async () => {
    const store = new Store();
    store.put(route, { parents: [] });
    const others = new Map<string, Fields>();
    const { writer } = createWriter(store);
    writer.setActive(true);
    for (let round = 1; round <= 1_000; round += 1) {
      // The other controller writes between our reading and our writing, every second time.
      store.before = () => {
        store.before = () => undefined;
        if (round % 2 === 0) return undefined;
        const name = `other-${round % 10}`;
        others.set(name, { parentRef: { name }, controllerName: 'example.com/other', conditions: [] });
        const parents = store.latest(route)?.status['parents'] as readonly Fields[];
        const ours = parents.filter((entry) => entry['controllerName'] === controllerName);
        store.put(route, { parents: [...ours, ...others.values()] });
        return undefined;
      };
      writer.update([{ ref: route, status: accepted(round) }]);
      await settle(writer);
      const parents = store.latest(route)?.status['parents'] as readonly Fields[];
      expect(parents.filter((entry) => entry['controllerName'] === 'example.com/other')).toEqual([...others.values()]);
      expect(parents.find((entry) => entry['controllerName'] === controllerName)).toMatchObject({
        conditions: [{ observedGeneration: round }],
      });
    }
  });
});
