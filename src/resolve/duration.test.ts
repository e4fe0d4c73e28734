import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

// GEP-2257: up to four parts of up to five digits, with the units h, m, s and ms.
describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['0h0m0s', 0],
    ['10s', 10_000],
    ['150ms', 150],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1h30m10s500ms', 5_410_500],
    ['500ms3s', 3500],
    ['99999s', 99_999_000],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '1', '1d', '-1s', '1.5s', '1us', '100000s', '1h1m1s1ms1h', ' 1s', '1 s'])('refuses "%s"', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});
