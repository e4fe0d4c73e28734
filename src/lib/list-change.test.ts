import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeSorted, diffLists } from './list-change.ts';

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }));
const ascending = (a: number, b: number) => a - b;

describe('diffLists', () => {
  it('finds the range that, replaced, makes one list the other', () => {
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const { start, before, after } = diffLists(one, other);
        expect(one.slice(start, start + before.length)).toEqual(before);
        expect(one.toSpliced(start, before.length, ...after)).toEqual(other);
      }),
    );
  });
});

describe('changeSorted', () => {
  it('gives what sorting anew gives', () => {
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const change = diffLists(one, other);
        expect(changeSorted(one.toSorted(ascending), change, ascending)).toEqual(other.toSorted(ascending));
      }),
    );
  });

  it('compares a member that came with others, not those that stay among themselves', () => {
    const one = Array.from({ length: 1_000 }, (_, index) => 2 * index);
    let comparisons = 0;
    const counted = (a: number, b: number) => {
      comparisons += 1;
      return a - b;
    };
    changeSorted(one, diffLists(one, [...one, 7]), counted);
    expect(comparisons).toBeLessThan(10);
  });
});
