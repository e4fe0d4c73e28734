import { describe, expect, it } from 'vitest';
import { createIdentityCache } from './identity-cache.ts';

describe('createIdentityCache', () => {
  it('runs a step once for each input by identity, not by content', () => {
    const cache = createIdentityCache();
    const size = (list: readonly number[]) => ({ size: list.length });
    const a = [1, 2];
    const first = cache.get(size, a);
    expect(first).toEqual({ size: 2 });
    expect(cache.get(size, a)).toBe(first);
    expect(cache.get(size, [1, 2])).not.toBe(first);
    expect(cache.calls(size)).toBe(2);
  });

  it('keeps steps apart', () => {
    const cache = createIdentityCache();
    const a = { n: 1 };
    expect(cache.get((input: typeof a) => input.n + 1, a)).toBe(2);
    expect(cache.get((input: typeof a) => input.n + 2, a)).toBe(3);
  });

  it('remembers falsy results', () => {
    const cache = createIdentityCache();
    const zero = (_input: object) => 0;
    const key = {};
    cache.get(zero, key);
    cache.get(zero, key);
    expect(cache.calls(zero)).toBe(1);
  });
});
