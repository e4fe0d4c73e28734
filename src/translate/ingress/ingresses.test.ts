import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readObjects, translateObjects } from '../../../test/golden/ingress-case.ts';
import { parseObjects } from '../../../test/fixture/view.ts';
import { createMemo } from '../../lib/memo.ts';
import type { AnyObject } from '../../snapshot/object.ts';
import { applyChanges, emptySnapshot, type Change } from '../../snapshot/snapshot.ts';
import { createIndexer } from '../../snapshot/view.ts';
import { standaloneOptions } from '../options.ts';
import type { TranslationSources } from '../sources.ts';
import { translate } from '../translate.ts';
import { attachIngress } from './attach.ts';
import { translateIngress } from './ingress.ts';
import { requestSections } from './sections.ts';

const cases = readdirSync(new URL('../../../test/golden/ingress', import.meta.url))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace('.yaml', ''));

function ingress(index: number, path: string): string {
  return `
kind: Ingress
metadata: {namespace: shop, name: web-${index}}
spec:
  ingressClassName: sallyport
  rules:
    - host: h${index}.example.com
      http: {paths: [{path: ${path}, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`;
}

function puts(text: string): readonly Change[] {
  return parseObjects(text).map((object) => ({ kind: 'put', object }));
}

describe('translateIngresses', () => {
  it.each(cases)('gives the same for objects of case %s in any order', (name) => {
    const objects = readObjects(name);
    const shown = (given: typeof objects) => JSON.stringify(translateObjects(given).ingresses);
    const expected = shown(objects);
    fc.assert(
      fc.property(fc.shuffledSubarray([...objects], { minLength: objects.length }), (shuffled) => {
        expect(shown(shuffled)).toBe(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('works for one Ingress where one of many changed', () => {
    const service = 'kind: Service\nmetadata: {namespace: shop, name: web}\nspec: {ports: [{port: 80}]}\n';
    const many = Array.from({ length: 100 }, (_, index) => ingress(index, '/a'));
    const memo = createMemo<TranslationSources>();
    const indexer = createIndexer();
    const before = applyChanges(emptySnapshot, puts([service, ...many].join('---')));
    translate(memo, indexer.update(before), standaloneOptions, new Map());
    memo.sweep();
    const calls = () => [translateIngress, attachIngress].map((step) => memo.calls(step));
    expect(calls()).toEqual([100, 100]);
    const after = applyChanges(before, puts(ingress(7, '/b')));
    translate(memo, indexer.update(after), standaloneOptions, new Map());
    expect(calls()).toEqual([101, 101]);
  });

  it('leaves the others alone where an Ingress brings another certificate', () => {
    const base = readObjects('tls-host').filter((object) => object.kind !== 'Ingress');
    const puts = (objects: readonly AnyObject[]) => objects.map((object) => ({ kind: 'put' as const, object }));
    const secure = (index: number, path: string) =>
      parseObjects(
        ingress(index, path).replace(
          '  rules:',
          `  tls: [{hosts: [h${index}.example.com], secretName: shop-cert}]\n  rules:`,
        ),
      );
    const memo = createMemo<TranslationSources>();
    const indexer = createIndexer();
    let snapshot = applyChanges(emptySnapshot, puts(base));
    const run = (objects: readonly AnyObject[]) => {
      snapshot = applyChanges(snapshot, puts(objects));
      const { ir } = translate(memo, indexer.update(snapshot), standaloneOptions, new Map());
      memo.sweep();
      return ir.gateways[0]?.routeTables.find((table) => table.name === 'https/443')?.virtualHosts ?? [];
    };
    const calls = () => [translateIngress, attachIngress, requestSections].map((step) => memo.calls(step));
    run(Array.from({ length: 50 }, (_, index) => secure(index, '/a')).flat());
    expect(calls()).toEqual([50, 50, 1]);
    run(secure(7, '/b'));
    expect(calls()).toEqual([51, 51, 1]);
    expect(run(secure(50, '/a'))).toHaveLength(51);
    expect(calls()).toEqual([52, 52, 2]);
  });
});
