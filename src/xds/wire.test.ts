import { describe, expect, it } from 'vitest';
import { delimited, lengthPrefix } from './wire.ts';

describe('lengthPrefix', () => {
  // Tag: field number and wire type 2; length: seven bits a byte, low ones first.
  it.each([
    [1, 0, [0x0a, 0x00]],
    [2, 127, [0x12, 0x7f]],
    [3, 128, [0x1a, 0x80, 0x01]],
    [15, 300, [0x7a, 0xac, 0x02]],
    [1, 2_097_152, [0x0a, 0x80, 0x80, 0x80, 0x01]],
  ])('of field %d and length %d', (field, length, bytes) => {
    expect([...lengthPrefix(field, length)]).toEqual(bytes);
  });
});

describe('delimited', () => {
  it('joins its parts behind one prefix', () => {
    expect([...delimited(2, Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3))]).toEqual([0x12, 3, 1, 2, 3]);
  });
});
