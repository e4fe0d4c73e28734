import { expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

it.each([
  ['1', 1],
  ['0.5', 0.5],
  ['500m', 0.5],
  ['64Mi', 64 * 2 ** 20],
  ['1k', 1_000],
  ['1e3', 1_000],
  ['2G', 2e9],
  ['1E', 1e18],
])('reads %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value));

it.each(['', 'x', '1Xi', '1 Mi', '1.2.3', 'Mi'])('does not take "%s" for one', (text) =>
  expect(parseQuantity(text)).toBeUndefined(),
);
