import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Generation } from '../../src/ads/generation.ts';
import type { AdsResource } from '../../src/ads/resource.ts';
import type { DeltaResponse } from '../../src/ads/response.ts';
import { StreamState } from '../../src/ads/stream-state.ts';
import {
  clusterLoadAssignmentType as eds,
  clusterType as cds,
  listenerType as lds,
  routeConfigurationType as rds,
  type TypeUrl,
} from '../../src/ads/type-url.ts';

const options = { removalGraceMs: 1_000, gateTimeoutMs: 1_000_000, catchUpMs: 5_000 };
const names = ['a', 'b', 'c'];
const bad = 'v3';

/** For each name the version of its cluster, or none, and which clusters the two tables use. */
interface Plan {
  readonly clusters: Readonly<Record<string, string | undefined>>;
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

const version = fc.option(fc.constantFrom('v1', 'v2', bad), { nil: undefined });
const users = fc.uniqueArray(fc.constantFrom(...names));
const plans = fc.record({
  clusters: fc.record({ a: version, b: version, c: version }),
  tables: fc.record({ r: users, q: users }),
});

type Event =
  | { readonly kind: 'publish'; readonly plan: Plan }
  /** The proxy answers the oldest response of a type. */
  | { readonly kind: 'answer'; readonly typeUrl: TypeUrl }
  | { readonly kind: 'wait'; readonly ms: number }
  /** An eager server answers each request before it reads the next one. */
  | { readonly kind: 'reconnect'; readonly isEager: boolean };

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: plans.map((plan) => ({ kind: 'publish' as const, plan })) },
  {
    weight: 8,
    arbitrary: fc.constantFrom(cds, eds, lds, rds).map((typeUrl) => ({ kind: 'answer' as const, typeUrl })),
  },
  { weight: 2, arbitrary: fc.constantFrom(1, 600, 1_500).map((ms) => ({ kind: 'wait' as const, ms })) },
  { weight: 1, arbitrary: fc.boolean().map((isEager) => ({ kind: 'reconnect' as const, isEager })) },
);

function generationOf(id: number, { clusters, tables }: Plan): Generation {
  const table = (all: readonly AdsResource[]) => new Map(all.map((each) => [each.name, each]));
  const present = names.filter((name) => clusters[name] !== undefined);
  const make = (typeUrl: TypeUrl, name: string, version: string, requires: AdsResource['requires'] = []) => ({
    typeUrl,
    name,
    version,
    body: Buffer.alloc(0),
    requires,
  });
  return {
    id,
    resources: new Map([
      [cds, table(present.map((name) => make(cds, name, clusters[name] ?? '', [{ typeUrl: eds, name }])))],
      [eds, table(present.map((name) => make(eds, name, 'e')))],
      [lds, table([make(lds, 'l', 'l1')])],
      [
        rds,
        table(
          Object.entries(tables).map(([name, wanted]) => {
            const used = wanted.filter((cluster) => present.includes(cluster));
            return make(
              rds,
              name,
              `${used.join('')}-`,
              used.map((cluster) => ({ typeUrl: cds, name: cluster })),
            );
          }),
        ),
      ],
    ]),
  };
}

function isBad({ typeUrl, resources }: DeltaResponse): boolean {
  return typeUrl === cds && resources.some((resource) => resource.version === bad);
}

/** A proxy as Envoy behaves: refuses bad clusters and keeps the older ones, applies a response's good parts all the same. */
class ModelProxy {
  readonly serving = new Map<TypeUrl, Map<string, AdsResource>>([cds, eds, lds, rds].map((type) => [type, new Map()]));
  readonly recorded = new Map<TypeUrl, Map<string, string>>([cds, eds, lds, rds].map((type) => [type, new Map()]));
  readonly #unanswered = new Map<TypeUrl, DeltaResponse>();
  #state: StreamState;

  constructor() {
    this.#state = new StreamState(options);
  }

  /** Comes back to a server that has `generation`; `served` is called after each request. */
  connect(generation: Generation | undefined, served: (state: StreamState) => void): StreamState {
    this.#unanswered.clear();
    this.#state = new StreamState(options, this.#state.doubts());
    if (generation !== undefined) this.#state.publish(generation);
    const subscribe = new Map<TypeUrl, readonly string[]>([
      [eds, names],
      [rds, ['r', 'q']],
    ]);
    for (const [typeUrl, versions] of this.recorded) {
      this.#state.request({
        typeUrl,
        subscribe: subscribe.get(typeUrl) ?? [],
        unsubscribe: [],
        initialVersions: Object.fromEntries(versions),
        nonce: '',
        error: undefined,
      });
      served(this.#state);
    }
    return this.#state;
  }

  take(response: DeltaResponse): void {
    expect(this.#unanswered.has(response.typeUrl), 'at most one unanswered response of a type').toBe(false);
    this.#unanswered.set(response.typeUrl, response);
    const serving = this.serving.get(response.typeUrl) ?? new Map<string, AdsResource>();
    const recorded = this.recorded.get(response.typeUrl) ?? new Map<string, string>();
    for (const resource of response.resources) {
      if (response.typeUrl !== cds || resource.version !== bad) serving.set(resource.name, resource);
      if (!isBad(response)) recorded.set(resource.name, resource.version);
      if (response.typeUrl !== rds) continue;
      for (const { name } of resource.requires) {
        expect(this.serving.get(cds)?.has(name), `cluster ${name} serves before table ${resource.name}`).toBe(true);
      }
    }
    for (const name of response.removed) {
      serving.delete(name);
      if (!isBad(response)) recorded.delete(name);
      if (response.typeUrl !== cds) continue;
      for (const table of this.serving.get(rds)?.values() ?? []) {
        expect(
          table.requires.map((each) => each.name),
          `no table uses the removed cluster`,
        ).not.toContain(name);
      }
    }
  }

  answer(typeUrl: TypeUrl): void {
    const response = this.#unanswered.get(typeUrl);
    if (response === undefined) return;
    this.#unanswered.delete(typeUrl);
    const isRefused = isBad(response);
    const error = isRefused ? 'bad' : undefined;
    this.#state.request({ typeUrl, subscribe: [], unsubscribe: [], initialVersions: {}, nonce: response.nonce, error });
  }
}

test('whatever happens in between, order holds and the last generation arrives', () => {
  fc.assert(
    fc.property(fc.array(events, { minLength: 10, maxLength: 60 }), (script) => {
      const proxy = new ModelProxy();
      let state = proxy.connect(undefined, () => {});
      let now = 0;
      let id = 0;
      let current: Generation | undefined;
      const pump = (from: StreamState): void => {
        for (let response = from.next(now); response !== undefined; response = from.next(now)) proxy.take(response);
      };
      const publish = (plan: Plan): void => {
        id += 1;
        current = generationOf(id, plan);
        state.publish(current);
      };
      for (const event of script) {
        if (event.kind === 'publish') publish(event.plan);
        else if (event.kind === 'answer') proxy.answer(event.typeUrl);
        else if (event.kind === 'wait') now += event.ms;
        else state = proxy.connect(current, event.isEager ? pump : () => {});
        pump(state);
      }
      // In the end nothing is bad, and there is time for everything.
      publish({ clusters: { a: 'v1', b: 'v2', c: undefined }, tables: { r: ['a'], q: ['a', 'b'] } });
      for (let round = 0; round < 40; round += 1) {
        pump(state);
        for (const typeUrl of [cds, eds, lds, rds]) proxy.answer(typeUrl);
        now += 2_000;
      }
      expect(state.next(now)).toBeUndefined();
      expect(state.acknowledged).toBe(id);
      const serving = (typeUrl: TypeUrl) =>
        new Map([...(proxy.serving.get(typeUrl) ?? [])].map(([name, each]) => [name, each.version]));
      expect(serving(cds)).toEqual(
        new Map([...(current?.resources.get(cds) ?? [])].map(([name, each]) => [name, each.version])),
      );
      expect(serving(rds)).toEqual(
        new Map([
          ['r', 'a-'],
          ['q', 'ab-'],
        ]),
      );
    }),
    { numRuns: 500, seed: 40 },
  );
});
