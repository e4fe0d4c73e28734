import { describe, expect, it } from 'vitest';
import {
  containsRange,
  formatAddress,
  formatIpRange,
  ipRange,
  isSingleAddress,
  parseIpRange,
  subtractRanges,
} from './ip-range.ts';

describe('parseIpRange', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3/32'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::1', '::1/128'],
    ['2001:DB8:0:0:1:0:0:1/64', '2001:db8::/64'],
    ['::ffff:127.0.0.9', '::ffff:7f00:9/128'],
    ['fe80::1:0:0:0/10', 'fe80::/10'],
    ['::', '::/128'],
  ])('reads %s as %s', (text, canonical) => {
    const range = parseIpRange(text);
    expect(range.ok && formatIpRange(range.value)).toBe(canonical);
  });

  it.each([
    '10.1.2',
    '10.1.2.256',
    '10.1.2.03',
    '10.0.0.0/33',
    '1::2::3',
    '1:2:3',
    ':::',
    '12345::',
    '::1/129',
    '10.0.0.0/',
    'host',
    '',
  ])('refuses %s', (text) => {
    expect(parseIpRange(text).ok).toBe(false);
  });
});

describe('formatAddress', () => {
  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ])('shortens %s as RFC 5952 has it', (text, canonical) => {
    expect(formatAddress(ipRange(text))).toBe(canonical);
  });
});

describe('containsRange', () => {
  it('compares ranges of one family', () => {
    expect(containsRange(ipRange('10.0.0.0/8'), ipRange('10.1.0.0/16'))).toBe(true);
    expect(containsRange(ipRange('10.1.0.0/16'), ipRange('10.0.0.0/8'))).toBe(false);
    expect(containsRange(ipRange('::/0'), ipRange('10.0.0.0/8'))).toBe(false);
    expect(isSingleAddress(ipRange('10.0.0.0/31'))).toBe(false);
  });
});

describe('subtractRanges', () => {
  it('leaves everything around a hole, and nothing of what lies in one', () => {
    expect(subtractRanges([ipRange('10.0.0.0/30')], [ipRange('10.0.0.1')]).map(formatIpRange)).toEqual([
      '10.0.0.0/32',
      '10.0.0.2/31',
    ]);
    expect(
      subtractRanges([ipRange('10.0.0.0/30'), ipRange('::1')], [ipRange('10.0.0.0/8')]).map(formatIpRange),
    ).toEqual(['::1/128']);
  });
});
