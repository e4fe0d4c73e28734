import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest } from './closest.ts';

describe('closest', () => {
  it('forgives a letter added, left out, replaced or swapped with its neighbour', () => {
    const fields = ['hostnames', 'parentRefs', 'rules'];
    expect(closest('hostnamess', fields)).toBe('hostnames');
    expect(closest('hostnaes', fields)).toBe('hostnames');
    expect(closest('hostnamez', fields)).toBe('hostnames');
    expect(closest('hostnaems', fields)).toBe('hostnames');
    expect(closest('parentrefs', fields)).toBe('parentRefs');
  });

  it('counts a swap as one mistake: of a short word, that is all that is forgiven', () => {
    expect(closest('prot', ['port'])).toBe('port');
    expect(closest('tpro', ['port'])).toBeUndefined();
  });

  it('takes the nearest of several, and the first of those as near', () => {
    expect(closest('timeout', ['timeouts', 'timeoutses'])).toBe('timeouts');
    expect(closest('bat', ['cat', 'hat'])).toBe('cat');
  });

  it('finds nothing where nothing is near', () => {
    expect(closest('spec', [])).toBeUndefined();
    expect(closest('', ['spec'])).toBeUndefined();
    expect(closest('backendRefs', ['matches', 'filters'])).toBeUndefined();
  });

  it('finds any word with two neighbours swapped', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,20}$/), fc.nat(), (word, seed) => {
        const at = seed % (word.length - 1);
        const swapped = `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
        expect(closest(swapped, [word])).toBe(word);
      }),
    );
  });
});
