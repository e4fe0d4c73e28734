import { beforeAll, describe, expect, it } from 'vitest';
import { explainRequest } from '../../src/explain/explain.ts';
import { compareExplanation } from './compare.ts';
import { observeCases, type Case } from './ground.ts';

const seed = 20_260_101;
let cases: readonly Case[] = [];

beforeAll(async () => {
  cases = await observeCases(15, 60, seed);
}, 85_000);

function disagreements(explain: typeof explainRequest): readonly string[] {
  return cases.flatMap(({ translation, request, observation }) => {
    const [explanation] = explain(translation, request);
    if (explanation === undefined) return ['no explanation'];
    const difference = compareExplanation(explanation, observation);
    return difference === undefined ? [] : [`${JSON.stringify(request)}\n${difference}`];
  });
}

describe('explain and a real Envoy', () => {
  it('agree on every request', () => {
    expect(cases.length).toBeGreaterThanOrEqual(500);
    expect(disagreements(explainRequest).slice(0, 10)).toEqual([]);
  });
});
