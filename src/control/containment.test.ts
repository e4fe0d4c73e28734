import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOf, type Origin } from '../ir/name.ts';
import { isFinished, leftOut, probeAccepted, probeRefused, startSearch } from './containment.ts';

function search(suspects: readonly Origin[], bad: ReadonlySet<Origin>, likely: ReadonlySet<Origin>) {
  let state = startSearch(suspects, likely, 'refused');
  let probes = 0;
  while (!isFinished(state)) {
    probes += 1;
    const out = leftOut(state);
    const refused = suspects.some((origin) => bad.has(origin) && !out.has(origin));
    state = refused ? probeRefused(state, 'refused') : probeAccepted(state, 'refused');
  }
  return { guilty: new Set(state.guilty.keys()), probes };
}

const names = (count: number) => Array.from({ length: count }, (_, i) => originOf(`HTTPRoute/n/r${i}`));

describe('containment', () => {
  it('names a single suspect without a probe', () => {
    const [only] = names(1);
    expect(search([only!], new Set([only!]), new Set())).toEqual({ guilty: new Set([only]), probes: 0 });
  });

  it('finds exactly the guilty objects, whatever the hints say', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.infiniteStream(fc.nat()),
        fc.infiniteStream(fc.boolean()),
        (count, picks, hints) => {
          const suspects = names(count);
          const bad = new Set([0, 1, 2].map(() => suspects[picks.next().value % count]!));
          const likely = new Set(suspects.filter(() => hints.next().value));
          expect(search(suspects, bad, likely).guilty).toEqual(bad);
        },
      ),
    );
  });

  it('needs a logarithmic number of probes: 3 guilty among 5,000', () => {
    const suspects = names(5000);
    const bad = new Set([suspects[17]!, suspects[2500]!, suspects[4999]!]);
    expect(search(suspects, bad, new Set()).probes).toBeLessThan(3 * 2 * 13);
    expect(search(suspects, bad, bad).probes).toBeLessThan(8);
  });
});
