import { describe, expect, it } from 'vitest';
import { checkLabelSelector, matchesLabels } from './label-selector.ts';

const labels = { team: 'shop', tier: 'web' };

describe('matchesLabels', () => {
  it.each([
    ['an empty selector', {}, true],
    ['equal labels', { matchLabels: { team: 'shop' } }, true],
    ['another value', { matchLabels: { team: 'bank' } }, false],
    ['an absent label', { matchLabels: { zone: 'a' } }, false],
    ['In', { matchExpressions: [{ key: 'team', operator: 'In', values: ['bank', 'shop'] }] }, true],
    ['In without the value', { matchExpressions: [{ key: 'team', operator: 'In', values: ['bank'] }] }, false],
    ['In of an absent label', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false],
    ['NotIn', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['bank'] }] }, true],
    ['NotIn of an absent label', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
    ['NotIn with the value', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['shop'] }] }, false],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    // Names that every object of JavaScript has: a selector decides who may attach, so they must not count as labels.
    ['Exists of constructor', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, false],
    ['DoesNotExist of toString', { matchExpressions: [{ key: 'toString', operator: 'DoesNotExist' }] }, true],
    [
      'all parts together',
      { matchLabels: { team: 'shop' }, matchExpressions: [{ key: 'zone', operator: 'Exists' }] },
      false,
    ],
  ])('decides %s', (_, selector, met) => expect(matchesLabels(selector, labels)).toBe(met));
});

describe('checkLabelSelector', () => {
  it.each([
    ['an unknown operator', { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] }],
    ['In without values', { matchExpressions: [{ key: 'a', operator: 'In' }] }],
    ['Exists with values', { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }],
  ])('objects to %s', (_, selector) => expect(checkLabelSelector(selector)).toBeTypeOf('string'));

  it('has nothing against a plain one', () => {
    expect(checkLabelSelector({ matchLabels: { a: 'b' } })).toBeUndefined();
  });
});
