import { describe, expect, it } from 'vitest';
import { createHostnameSet } from './hostname-set.ts';
import { intersectHostnames } from './hostname.ts';

const hostnames = [
  '*',
  '*.com',
  'example.com',
  '*.example.com',
  'a.example.com',
  '*.a.example.com',
  'b.a.example.com',
  'example.org',
  '*.example.org',
  'com',
];

describe('createHostnameSet', () => {
  it('holds nothing at first', () => expect(createHostnameSet().find('*')).toBeUndefined());

  it.each(hostnames.flatMap((one) => hostnames.map((other) => [one, other] as const)))(
    'finds of %s what %s meets',
    (one, other) => {
      const set = createHostnameSet<string>();
      set.add(one, 'owner');
      expect(set.find(other)).toBe(intersectHostnames(one, [other]).length === 0 ? undefined : 'owner');
    },
  );
});
