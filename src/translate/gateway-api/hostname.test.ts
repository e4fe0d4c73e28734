import { describe, expect, it } from 'vitest';
import { intersectHostnames } from './hostname.ts';

// HTTPRouteSpec.hostnames; a wildcard stands for one or more labels.
describe('intersectHostnames', () => {
  it.each([
    ['*', [], ['*']],
    ['a.example.com', [], ['a.example.com']],
    ['*', ['a.example.com', '*.example.org'], ['a.example.com', '*.example.org']],
    ['test.example.com', ['test.example.com'], ['test.example.com']],
    ['test.example.com', ['*.example.com'], ['test.example.com']],
    ['test.example.com', ['*.com'], ['test.example.com']],
    ['test.example.com', ['other.example.com'], []],
    ['test.example.com', ['*.example.net'], []],
    ['*.example.com', ['*.example.com'], ['*.example.com']],
    ['*.example.com', ['test.example.com', 'foo.test.example.com'], ['test.example.com', 'foo.test.example.com']],
    ['*.example.com', ['example.com'], []],
    ['*.example.com', ['test.example.net'], []],
    ['*.example.com', ['test.example.com', 'test.example.net'], ['test.example.com']],
    ['*.example.com', ['*.com'], ['*.example.com']],
    ['*.example.com', ['*.foo.example.com'], ['*.foo.example.com']],
    ['*.foo.example.com', ['*.example.com'], ['*.foo.example.com']],
    ['*.foo.example.com', ['*.bar.example.com'], []],
    ['*.example.com', ['badexample.com'], []],
    ['*.example.com', ['test.badexample.com'], []],
    ['example.com', ['*.example.com'], []],
    ['*.example.com', ['TEST.Example.com'], ['test.example.com']],
    ['test.example.com', ['*.example.com', 'test.example.com', '*.com'], ['test.example.com']],
  ])('%s with %j gives %j', (listener, route, expected) => {
    expect(intersectHostnames(listener, route)).toEqual(expected);
  });
});
