import { describe, expect, it } from 'vitest';
import { conditionsOf, translateRules } from '../../../test/fixture/route.ts';

const to = 'backendRefs: [{name: a, port: 80}]';
const matchesOf = (rules: string) => translateRules(rules).attachments[0]?.routes.map((route) => route.match);

describe('matches', () => {
  const root = { path: { kind: 'Prefix', value: '/' }, headers: [], queryParams: [] };

  it.each([
    ['no matches', `[{${to}}]`, root],
    ['an empty list', `[{matches: [], ${to}}]`, root],
    ['an empty match', `[{matches: [{}], ${to}}]`, root],
    [
      'Exact',
      `[{matches: [{path: {type: Exact, value: /a/}}], ${to}}]`,
      { ...root, path: { kind: 'Exact', value: '/a/' } },
    ],
    [
      'PathPrefix',
      `[{matches: [{path: {type: PathPrefix, value: /a}}], ${to}}]`,
      { ...root, path: { kind: 'Prefix', value: '/a' } },
    ],
    [
      'PathPrefix with a trailing slash',
      `[{matches: [{path: {value: /a/b/}}], ${to}}]`,
      { ...root, path: { kind: 'Prefix', value: '/a/b' } },
    ],
    [
      'RegularExpression',
      `[{matches: [{path: {type: RegularExpression, value: "/a[0-9]+"}}], ${to}}]`,
      { ...root, path: { kind: 'RegularExpression', value: '/a[0-9]+' } },
    ],
    ['a method', `[{matches: [{method: POST}], ${to}}]`, { ...root, method: 'POST' }],
    [
      'headers, the first of an equal name',
      `[{matches: [{headers: [{name: X-A, value: "1"}, {name: x-a, value: "2"}, {type: RegularExpression, name: X-B, value: "b.*"}]}], ${to}}]`,
      {
        ...root,
        headers: [
          { kind: 'Exact', name: 'x-a', value: '1' },
          { kind: 'RegularExpression', name: 'x-b', value: 'b.*' },
        ],
      },
    ],
    [
      'query parameters, whose case counts',
      `[{matches: [{queryParams: [{name: A, value: "1"}, {name: a, value: "2"}, {name: A, value: "3"}, {type: RegularExpression, name: b, value: "[0-9]"}]}], ${to}}]`,
      {
        ...root,
        queryParams: [
          { kind: 'Exact', name: 'A', value: '1' },
          { kind: 'Exact', name: 'a', value: '2' },
          { kind: 'RegularExpression', name: 'b', value: '[0-9]' },
        ],
      },
    ],
  ])('read %s', (_, rules, match) => expect(matchesOf(rules)).toEqual([match]));

  it('make a route each, named by rule and match', () => {
    const rules = `[{matches: [{path: {value: /a}}, {path: {value: /b}}], ${to}}, {name: last, ${to}}]`;
    const routes = translateRules(rules).attachments[0]?.routes;
    expect(routes?.map(({ name, rule, ruleName }) => [name, rule, ruleName])).toEqual([
      ['HTTPRoute/default/r/0/0', 0, undefined],
      ['HTTPRoute/default/r/0/1', 0, undefined],
      ['HTTPRoute/default/r/last/0', 1, 'last'],
    ]);
  });

  it.each([
    ['a path that RE2 refuses', '{path: {type: RegularExpression, value: "/(?=a)"}}'],
    ['a header that RE2 refuses', '{headers: [{type: RegularExpression, name: a, value: "("}]}'],
    ['a query parameter that RE2 refuses', '{queryParams: [{type: RegularExpression, name: a, value: "("}]}'],
    ['an unknown path type', '{path: {type: Glob, value: /a}}'],
    ['an unknown header type', '{headers: [{type: Glob, name: a, value: a}]}'],
    ['a path without a slash', '{path: {type: Exact, value: a}}'],
    ['CONNECT', '{method: CONNECT}'],
  ])('refuse %s, and with it the rule', (_, match) => {
    const translation = translateRules(
      `[{matches: [${match}, {path: {value: /kept}}], ${to}}, {matches: [{path: {value: /b}}], ${to}}]`,
    );
    expect(conditionsOf(translation)).toEqual([
      'Accepted=True Accepted',
      'ResolvedRefs=True ResolvedRefs',
      'PartiallyInvalid=True UnsupportedValue',
    ]);
    expect(translation.parents[0]?.conditions[2]?.message).toMatch(/^Dropped Rule 0/);
    const routes = translation.attachments[0]?.routes ?? [];
    expect(routes.map((route) => [route.match.path.value, route.action.kind])).toEqual([
      ['/kept', 'DirectResponse'],
      ['/b', 'Forward'],
    ]);
  });
});
