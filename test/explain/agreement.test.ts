import { beforeAll, describe, expect, it } from 'vitest';
import { explainRequest } from '../../src/explain/explain.ts';
import { compareExplanation } from './compare.ts';
import { faults, withFault } from './fault.ts';
import { observeCases, type Case } from './ground.ts';
import { kindsMet, wantedKinds } from './share.ts';

const seed = 20_260_101;
let cases: readonly Case[] = [];

beforeAll(async () => {
  cases = await observeCases({ worlds: 25, requests: 60, seed });
}, 85_000);

function disagreements(explain: typeof explainRequest): readonly string[] {
  return cases.flatMap(({ translation, request, observation }) => {
    const [explanation] = explain(translation, request);
    if (explanation === undefined) return ['no explanation'];
    const difference = compareExplanation(explanation, observation);
    return difference === undefined ? [] : [`${JSON.stringify(request)}\n${difference}`];
  });
}

/** How many of 100 cases met each kind, and a rule at all. */
function shares(): { readonly rule: number; readonly kinds: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>(wantedKinds.map((kind) => [kind, 0]));
  let rule = 0;
  for (const { translation, request } of cases) {
    const [explanation] = explainRequest(translation, request);
    if (explanation?.route === undefined) continue;
    rule++;
    for (const kind of kindsMet(translation.ir.gateways[0], explanation)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const percent = (count: number): number => (100 * count) / cases.length;
  return { rule: percent(rule), kinds: new Map([...counts].map(([kind, count]) => [kind, percent(count)])) };
}

describe('explain and a real Envoy', () => {
  it('agree on every request', () => {
    expect(cases.length).toBeGreaterThanOrEqual(500);
    expect(disagreements(explainRequest).slice(0, 10)).toEqual([]);
  });

  it('are asked about every kind of match and filter, and mostly about requests that hit a rule', () => {
    const { rule, kinds } = shares();
    expect(rule).toBeGreaterThanOrEqual(60);
    for (const kind of wantedKinds) expect.soft(kinds.get(kind), kind).toBeGreaterThanOrEqual(5);
  });

  it.each(faults)('no longer agree where $name', async (fault) => {
    expect(await withFault(fault, disagreements)).not.toEqual([]);
  });
});
