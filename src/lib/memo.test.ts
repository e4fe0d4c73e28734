import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemo } from './memo.ts';
import type { Lookup } from './recorded-read.ts';

interface Numbers {
  readonly [source: string]: ReadonlyMap<string, number>;
  readonly a: ReadonlyMap<string, number>;
  readonly b: ReadonlyMap<string, number>;
}

/** Reads `b` only where `a` has the key: what it reads depends on what it read before. */
function sum(lookup: Lookup<Numbers>, key: string): number {
  const first = lookup('a', key);
  return first === undefined ? -1 : first + (lookup('b', key) ?? 0);
}

describe('createMemo', () => {
  it('runs a step again only when an input is another value', () => {
    const memo = createMemo<Numbers>();
    const join = (a: string, b: string) => a + b;
    expect(memo.run(join, 'k', 'x', 'y')).toBe('xy');
    expect(memo.run(join, 'k', 'x', 'y')).toBe('xy');
    expect(memo.calls(join)).toBe(1);
    expect(memo.run(join, 'k', 'x', 'z')).toBe('xz');
    expect(memo.calls(join)).toBe(2);
  });

  it('runs a tracked step again when a key that it read appears, changes or goes', () => {
    const memo = createMemo<Numbers>();
    const empty = new Map<string, number>();
    expect(memo.track(sum, 'k', { a: empty, b: empty }, 'k')).toBe(-1);
    expect(memo.track(sum, 'k', { a: empty, b: new Map([['k', 1]]) }, 'k')).toBe(-1);
    expect(memo.calls(sum)).toBe(1);
    expect(memo.track(sum, 'k', { a: new Map([['k', 1]]), b: empty }, 'k')).toBe(1);
    expect(
      memo.track(
        sum,
        'k',
        {
          a: new Map([
            ['k', 1],
            ['other', 5],
          ]),
          b: empty,
        },
        'k',
      ),
    ).toBe(1);
    expect(memo.calls(sum)).toBe(2);
    expect(memo.track(sum, 'k', { a: new Map([['k', 1]]), b: new Map([['k', 2]]) }, 'k')).toBe(3);
    expect(memo.track(sum, 'k', { a: empty, b: empty }, 'k')).toBe(-1);
  });

  it('tracks every member of a collection, and runs only for what changed', () => {
    const memo = createMemo<Numbers>();
    const add = (lookup: Lookup<Numbers>, member: { readonly of: string }, extra: number) =>
      (lookup('a', member.of) ?? 0) + extra;
    const [x, y, z] = ['x', 'y', 'z'].map((of) => ({ of }));
    if (x === undefined || y === undefined || z === undefined) throw new Error('three members');
    const b = new Map<string, number>();
    const sources = { a: new Map([['x', 1]]), b };
    expect(
      memo.trackEach(
        add,
        sources,
        new Map([
          ['x', x],
          ['y', y],
        ]),
        10,
      ),
    ).toEqual([11, 10]);
    expect(
      memo.trackEach(
        add,
        { ...sources, b: new Map() },
        new Map([
          ['x', x],
          ['y', y],
        ]),
        10,
      ),
    ).toEqual([11, 10]);
    expect(memo.calls(add)).toBe(2);
    expect(
      memo.trackEach(
        add,
        sources,
        new Map([
          ['y', y],
          ['z', z],
        ]),
        10,
      ),
    ).toEqual([10, 10]);
    expect(memo.calls(add)).toBe(3);
    expect(
      memo.trackEach(
        add,
        { a: new Map([['y', 5]]), b },
        new Map([
          ['y', y],
          ['z', z],
        ]),
        10,
      ),
    ).toEqual([15, 10]);
    expect(memo.calls(add)).toBe(4);
    expect(
      memo.trackEach(
        add,
        { a: new Map([['y', 5]]), b },
        new Map([
          ['y', y],
          ['z', z],
        ]),
        20,
      ),
    ).toEqual([25, 20]);
  });

  it('forgets what a run did not use', () => {
    const memo = createMemo<Numbers>();
    const join = (a: string) => a;
    memo.run(join, 'k', 'x');
    memo.sweep();
    memo.sweep();
    memo.run(join, 'k', 'x');
    expect(memo.calls(join)).toBe(2);
  });

  it('always gives what the step would give from scratch', () => {
    const edits = fc.array(
      fc.record({ source: fc.constantFrom('a', 'b'), key: fc.constantFrom('x', 'y'), value: fc.option(fc.nat(3)) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(edits, (steps) => {
        const memo = createMemo<Numbers>();
        let sources: { a: Map<string, number>; b: Map<string, number> } = { a: new Map(), b: new Map() };
        for (const { source, key, value } of steps) {
          const copy = new Map(source === 'a' ? sources.a : sources.b);
          if (value === null) copy.delete(key);
          else copy.set(key, value);
          sources = source === 'a' ? { a: copy, b: sources.b } : { a: sources.a, b: copy };
          for (const name of ['x', 'y']) {
            const scratch = createMemo<Numbers>().track(sum, name, sources, name);
            expect(memo.track(sum, name, sources, name)).toBe(scratch);
          }
          memo.sweep();
        }
      }),
    );
  });
});
