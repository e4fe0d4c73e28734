import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Overlay } from './overlay.ts';
import type { AdsResource } from './resource.ts';
import { clusterType } from './type-url.ts';

interface Value {
  readonly version: string;
}

const names = ['a', 'b', 'c', 'd'];
const versions = fc.constantFrom('1', '2');
const tables = fc.dictionary(fc.constantFrom(...names), versions);

const steps = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), name: fc.constantFrom(...names), version: versions }),
  fc.record({ kind: fc.constant('delete' as const), name: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant('rebase' as const), table: tables }),
);

function tableOf(plan: Readonly<Record<string, string>>): ReadonlyMap<string, AdsResource> {
  return new Map(
    Object.entries(plan).map(([name, version]) => [
      name,
      { typeUrl: clusterType, name, version, body: Buffer.alloc(0), requires: [] },
    ]),
  );
}

function createOverlay(): Overlay<Value> {
  return new Overlay({
    read: ({ version }) => ({ version }),
    isSame: (value, { version }) => value.version === version,
  });
}

test('an overlay is a map, whatever table is below it', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 30 }), (script) => {
      const overlay = createOverlay();
      const model = new Map<string, Value>();
      for (const step of script) {
        if (step.kind === 'set') {
          overlay.set(step.name, { version: step.version });
          model.set(step.name, { version: step.version });
        } else if (step.kind === 'delete') {
          overlay.delete(step.name);
          model.delete(step.name);
        } else overlay.rebase(tableOf(step.table));
        expect(overlay.size).toBe(model.size);
        expect(new Map(overlay.entries())).toEqual(model);
        expect(new Set(overlay.keys())).toEqual(new Set(model.keys()));
        for (const name of names) {
          expect(overlay.get(name)).toEqual(model.get(name));
          expect(overlay.has(name)).toBe(model.has(name));
        }
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('what the table says is not kept a second time', () => {
  const overlay = createOverlay();
  for (const name of names) overlay.set(name, { version: '1' });
  overlay.rebase(tableOf({ a: '1', b: '1', c: '2' }));
  expect([...overlay.differing()].map(([name]) => name).sort()).toEqual(['c', 'd']);
  overlay.rebase(tableOf({ a: '1', b: '1', c: '1', d: '1' }));
  expect([...overlay.differing()]).toEqual([]);
  expect(overlay.size).toBe(4);
});

test('a table that fills an overlay is all that it holds', () => {
  const overlay = createOverlay();
  overlay.rebase(tableOf({ a: '1' }));
  overlay.fill(tableOf({ a: '2', b: '2' }));
  expect(new Map(overlay.entries())).toEqual(new Map(['a', 'b'].map((name) => [name, { version: '2' }])));
  expect(overlay.size).toBe(2);
});
