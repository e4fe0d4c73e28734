import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.ts';
import { advance, type Effect, initialListWatch, type Input, type ListWatch } from './list-watch.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { RawObject, WatchEvent } from './watch-event.ts';

const object = (name: string, version: number): RawObject => ({ metadata: { name, resourceVersion: String(version) } });
const put = (name: string, version: number): WatchEvent => ({ kind: 'Put', object: object(name, version) });
const remove = (name: string, version: number): WatchEvent => ({ kind: 'Remove', object: object(name, version) });
const bookmark = (version: number, listed = false): WatchEvent => ({
  kind: 'Bookmark',
  resourceVersion: String(version),
  listed,
});
const events = (...all: WatchEvent[]): Input => ({ kind: 'Events', events: all });
const failed = (code: number, reason?: string): Input => ({
  kind: 'Failed',
  failure: failureOf({ kind: 'Status', code, reason }),
});

/** Where a script of inputs leads, and what its last input asked for. */
function play(...inputs: readonly Input[]): { readonly state: ListWatch; readonly effects: readonly Effect[] } {
  let step: { readonly state: ListWatch; readonly effects: readonly Effect[] } = {
    state: initialListWatch,
    effects: [],
  };
  for (const input of inputs) step = advance(step.state, input);
  return step;
}

const start: Input = { kind: 'Start' };
const closed: Input = { kind: 'Closed' };
const elapsed: Input = { kind: 'Elapsed' };
const listed = [start, events(put('a', 5), bookmark(10, true))] as const;
const kinds = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);

describe('the first list', () => {
  it('is a watch that sends what is there, until the bookmark that says so', () => {
    expect(play(start).effects).toEqual([
      { kind: 'Begin' },
      {
        kind: 'OpenStream',
        query: {
          watch: true,
          sendInitialEvents: true,
          resourceVersionMatch: 'NotOlderThan',
          allowWatchBookmarks: true,
        },
      },
    ]);
    expect(kinds(play(start, events(put('a', 5), bookmark(6), put('b', 3))).effects)).toEqual(['Put', 'Put']);
    const { state, effects } = play(...listed);
    expect(kinds(effects)).toEqual(['Put', 'Settle']);
    expect(state).toMatchObject({ kind: 'Watching', resourceVersion: '10' });
  });

  it('takes what follows the bookmark in the same chunk as watched', () => {
    const { state, effects } = play(start, events(put('a', 5), bookmark(10, true), remove('a', 11), put('a', 9)));
    expect(kinds(effects)).toEqual(['Put', 'Settle', 'Remove']);
    expect(state).toMatchObject({ kind: 'Watching', resourceVersion: '11' });
  });

  it('comes in pages where the server does not know streaming lists, and never asks for them again', () => {
    const refused = play(start, failed(422));
    expect(refused.effects).toEqual([{ kind: 'Begin' }, { kind: 'GetPage', query: { limit: 100 } }]);
    const first: Input = { kind: 'Page', page: { resourceVersion: '20', continue: 'more', objects: [object('a', 1)] } };
    const last: Input = { kind: 'Page', page: { resourceVersion: '25', continue: '', objects: [object('b', 2)] } };
    expect(play(start, failed(422), first).effects.at(-1)).toEqual({
      kind: 'GetPage',
      query: { limit: 100, continue: 'more' },
    });
    const { state, effects } = play(start, failed(422), first, last);
    expect(effects).toEqual([
      { kind: 'Put', object: object('b', 2) },
      { kind: 'Settle' },
      { kind: 'OpenStream', query: { watch: true, resourceVersion: '20', allowWatchBookmarks: true } },
    ]);
    expect(kinds(advance(state, failed(410)).effects)).toEqual(['CloseStream', 'Begin', 'GetPage']);
  });

  it('is asked for whole where its pages are forgotten on the way', () => {
    const page: Input = { kind: 'Page', page: { resourceVersion: '20', continue: 'more', objects: [] } };
    expect(play(start, failed(422), page, failed(410)).effects).toEqual([
      { kind: 'Begin' },
      { kind: 'GetPage', query: {} },
    ]);
  });

  it('is tried again, ever more slowly, where it fails', () => {
    const waits: number[] = [];
    let { state } = play(start);
    for (let i = 0; i < 12; i++) {
      const step = advance(state, failed(500));
      for (const effect of step.effects) if (effect.kind === 'Wait') waits.push(effect.upToMs);
      state = advance(step.state, elapsed).state;
    }
    expect(waits.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(waits.at(-1)).toBe(15_000);
  });
});

describe('a watch', () => {
  it('goes on from the last version that it was sent, by object or bookmark', () => {
    const query = (version: number) => ({ watch: true, resourceVersion: String(version), allowWatchBookmarks: true });
    expect(play(...listed, events(put('a', 12)), closed).effects).toEqual([{ kind: 'OpenStream', query: query(12) }]);
    expect(play(...listed, events(bookmark(40)), closed).effects).toEqual([{ kind: 'OpenStream', query: query(40) }]);
  });

  it('passes over what was seen before', () => {
    const { state, effects } = play(...listed, events(put('a', 12), put('a', 12), put('b', 11), remove('a', 10)));
    expect(effects).toEqual([put('a', 12)]);
    expect(state).toMatchObject({ resourceVersion: '12' });
  });

  it('pauses before it goes on where it ends without a word', () => {
    expect(kinds(play(...listed, closed).effects)).toEqual(['CloseStream', 'Wait']);
    expect(kinds(play(...listed, closed, elapsed).effects)).toEqual(['OpenStream']);
  });

  it('lists anew at once where too much was missed, and slowly where that happens again', () => {
    const gone: WatchEvent = { kind: 'Error', failure: failureOf({ kind: 'Status', code: 410 }) };
    expect(kinds(play(...listed, events(put('a', 11), gone)).effects)).toEqual([
      'Put',
      'CloseStream',
      'Begin',
      'OpenStream',
    ]);
    expect(kinds(play(...listed, failed(410), events(bookmark(20, true)), failed(410)).effects)).toEqual([
      'CloseStream',
      'Wait',
    ]);
  });

  it('lists anew where the server has gone back in time', () => {
    const failure = failureOf({
      kind: 'Status',
      code: 504,
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
    expect(kinds(play(...listed, { kind: 'Failed', failure }, elapsed).effects)).toEqual(['Begin', 'OpenStream']);
  });

  it('waits as long as it is told', () => {
    const failure = failureOf({ kind: 'Status', code: 429 }, 429, 7);
    expect(play(...listed, { kind: 'Failed', failure }).effects.at(-1)).toEqual({
      kind: 'Wait',
      atLeastMs: 7000,
      upToMs: 7100,
    });
  });

  it('ends when stopped, whatever comes after', () => {
    const { state } = play(...listed, { kind: 'Stop' });
    for (const late of [events(put('a', 99)), closed, elapsed, failed(500)])
      expect(advance(state, late)).toEqual({ state, effects: [] });
  });
});

/** A server that a script does things to, and what a client that follows it knows. */
class Model {
  readonly server = new Map<string, number>();
  readonly known = new Map<string, string>();
  #listed = new Set<string>();
  #log: { readonly event: WatchEvent; readonly version: number }[] = [];
  #version = 1;
  #oldest = 0;
  #state: ListWatch = initialListWatch;
  /** How far the open stream was sent; undefined: none is open. */
  #sent: number | undefined;
  #page: Extract<Effect, { kind: 'GetPage' }> | undefined;
  #waiting = false;
  readonly #streams: boolean;

  constructor(streams: boolean) {
    this.#streams = streams;
    this.take(start);
  }

  take(input: Input): void {
    const { state, effects } = advance(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#act(effect);
  }

  write(name: string, gone: boolean): void {
    this.#version += 1;
    if (gone && !this.server.delete(name)) return;
    if (!gone) this.server.set(name, this.#version);
    const event = gone ? remove(name, this.#version) : put(name, this.#version);
    this.#log.push({ event, version: this.#version });
  }

  compact(): void {
    this.#log = [];
    this.#oldest = this.#version;
  }

  deliver(twice: boolean): void {
    if (this.#page !== undefined) return this.#answerPage(this.#page);
    if (this.#sent === undefined) return;
    const from = this.#sent;
    if (from < this.#oldest)
      return this.take(events({ kind: 'Error', failure: failureOf({ kind: 'Status', code: 410 }) }));
    const due = this.#log.filter(({ version }) => version > from).map(({ event }) => event);
    this.#sent = this.#version;
    if (due.length > 0) this.take(events(...due, ...(twice ? due : [])));
  }

  bookmark(): void {
    this.deliver(false);
    if (this.#sent !== undefined) this.take(events(bookmark(this.#version)));
  }

  breakOff(code: number | undefined): void {
    if (this.#sent === undefined && this.#page === undefined) return;
    const isPage = this.#page !== undefined;
    this.#sent = undefined;
    this.#page = undefined;
    this.take(code === undefined ? (isPage ? failed(503) : closed) : failed(code));
  }

  elapse(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.take(elapsed);
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case 'Begin':
        this.#listed = new Set();
        break;
      case 'Put':
        this.known.set(effect.object.metadata.name, effect.object.metadata.resourceVersion);
        this.#listed.add(effect.object.metadata.name);
        break;
      case 'Remove':
        this.known.delete(effect.object.metadata.name);
        break;
      case 'Settle':
        for (const name of this.known.keys()) if (!this.#listed.has(name)) this.known.delete(name);
        break;
      case 'Wait':
        this.#waiting = true;
        break;
      case 'CloseStream':
        this.#sent = undefined;
        this.#page = undefined;
        this.#waiting = false;
        break;
      case 'GetPage':
        this.#page = effect;
        break;
      case 'OpenStream':
        this.#open(effect.query);
        break;
    }
  }

  #open(query: { readonly [name: string]: string | number | boolean }): void {
    if (query['sendInitialEvents'] !== true) {
      const from = Number(query['resourceVersion']);
      if (from < this.#oldest) return this.take(failed(410));
      this.#sent = from;
      return;
    }
    if (!this.#streams) return this.take(failed(422));
    const at = this.#version;
    const all = [...this.server].map(([name, version]) => put(name, version));
    this.#sent = at;
    this.take(events(...all, bookmark(at, true)));
  }

  #answerPage({ query }: { readonly query: { readonly [name: string]: string | number | boolean } }): void {
    this.#page = undefined;
    const [offset = 0, version = this.#version] = String(query['continue'] ?? '')
      .split('@')
      .filter(Boolean)
      .map(Number);
    if (query['continue'] !== undefined && version < this.#oldest) return this.take(failed(410));
    const all = [...this.server].sort(([a], [b]) => (a < b ? -1 : 1));
    const size = query['limit'] === undefined ? Infinity : 2;
    const objects = all.slice(offset, offset + size).map(([name, at]) => object(name, at));
    const token = offset + size < all.length ? `${offset + size}@${version}` : '';
    this.take({ kind: 'Page', page: { resourceVersion: String(version), continue: token, objects } });
  }
}

it('knows what the server has once all is quiet, whatever happened before', () => {
  const act = fc.oneof(
    fc.record({
      do: fc.constant('write' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      gone: fc.boolean(),
    }),
    fc.record({ do: fc.constant('deliver' as const), twice: fc.boolean() }),
    fc.record({ do: fc.constantFrom('bookmark' as const, 'compact' as const, 'elapse' as const) }),
    fc.record({ do: fc.constant('break' as const), code: fc.constantFrom(undefined, 410, 500, 429) }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(act, { maxLength: 60 }), (streams, script) => {
      const model = new Model(streams);
      for (const step of script) {
        if (step.do === 'write') model.write(step.name, step.gone);
        else if (step.do === 'deliver') model.deliver(step.twice);
        else if (step.do === 'break') model.breakOff(step.code);
        else model[step.do]();
      }
      for (let i = 0; i < 20; i++) {
        model.elapse();
        model.deliver(false);
      }
      const there = [...model.server].map(([name, version]) => [name, String(version)]);
      expect(Object.fromEntries(model.known)).toEqual(Object.fromEntries(there));
    }),
    { numRuns: 2000 },
  );
});

it('orders resourceVersions by number, whatever their length', () => {
  const numbers = fc.bigInt({ min: 0n, max: 10n ** 30n });
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      expect(Math.sign(compareResourceVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});
