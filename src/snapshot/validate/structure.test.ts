import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderPath } from './finding.ts';
import type { Schema } from './schema.ts';
import { checkStructure } from './structure.ts';

interface Checked {
  readonly value: unknown;
  /** Each as `Reason field`. */
  readonly findings: readonly string[];
  readonly messages: readonly string[];
}

function check(schema: Schema, value: unknown, showValues = true): Checked {
  const findings: string[] = [];
  const messages: string[] = [];
  const completed = checkStructure(
    {
      report(reason, path, message) {
        findings.push(`${reason} ${renderPath(path)}`.trim());
        messages.push(message);
      },
      pattern: (source) => new RegExp(source),
      showValues,
    },
    schema,
    value,
    undefined,
  );
  return { value: completed, findings, messages };
}

/** What is wrong with the value. */
function wrong(schema: Schema, value: unknown): readonly string[] {
  return check(schema, value).findings;
}

const object = (properties: { readonly [name: string]: Schema }, rest: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...rest,
});

describe('types', () => {
  const samples: { readonly [type: string]: unknown } = {
    string: 'a',
    integer: 1,
    number: 1.5,
    boolean: true,
    object: {},
    array: [],
  };

  it('are kept apart', () => {
    for (const type of Object.keys(samples)) {
      for (const [other, value] of Object.entries(samples)) {
        const fits = type === other || (type === 'number' && other === 'integer');
        expect(wrong({ type }, value), `${other} as ${type}`).toEqual(fits ? [] : ['InvalidValue']);
      }
      expect(wrong({ type: 'array', items: { type } }, [null])).toEqual(['InvalidValue [0]']);
    }
  });

  it('may be a whole number or a string, which are kept as they are', () => {
    const schema = { 'x-kubernetes-int-or-string': true };
    expect(check(schema, 80)).toMatchObject({ value: 80, findings: [] });
    expect(check(schema, '80')).toMatchObject({ value: '80', findings: [] });
    for (const value of [1.5, true, [], {}]) expect(wrong(schema, value)).toEqual(['InvalidValue']);
  });

  it('may be left open', () => {
    expect(wrong({}, [{ a: 1 }, 'b'])).toEqual([]);
  });
});

describe('fields', () => {
  const schema = object({ matches: { type: 'array', items: object({ path: { type: 'string' } }) } });

  it('that are unknown are told of, with the name that was meant', () => {
    const { findings, messages } = check(schema, { matchs: [], matches: [{ path: 'a', zzzzzz: 1 }] });
    expect(findings).toEqual(['UnknownField matchs', 'UnknownField matches[0].zzzzzz']);
    expect(messages[0]).toContain('Did you mean matches?');
    expect(messages[1]).not.toContain('Did you mean');
  });

  it('of JavaScript itself are no fields', () => {
    const value: unknown = JSON.parse('{"constructor": 1, "toString": 2, "__proto__": {"a": 1}}');
    expect(wrong(schema, value)).toEqual([
      'UnknownField constructor',
      'UnknownField toString',
      'UnknownField __proto__',
    ]);
  });

  it('of a map have any name, and a path in quotes where they need it', () => {
    const map: Schema = { type: 'object', additionalProperties: { type: 'string' } };
    expect(wrong(map, { 'a.b/c': 'x' })).toEqual([]);
    expect(wrong(object({ labels: map }), { labels: { 'a.b/c': 1 } })).toEqual(["InvalidValue labels['a.b/c']"]);
  });

  it('may be anything where the schema leaves them open', () => {
    expect(wrong(object({}, { 'x-kubernetes-preserve-unknown-fields': true }), { a: 1 })).toEqual([]);
    expect(wrong({ type: 'object' }, { a: 1 })).toEqual([]);
  });

  it('that are required must be there, and a null is not', () => {
    const required = object({ name: { type: 'string' } }, { required: ['name'] });
    expect(wrong(required, { name: '' })).toEqual([]);
    expect(wrong(required, {})).toEqual(['RequiredField name']);
    expect(wrong(required, { name: null })).toEqual(['RequiredField name']);
  });
});

describe('defaults', () => {
  const schema = object({
    weight: { type: 'integer', default: 1 },
    from: object({ kind: { type: 'string', default: 'Same' } }, { default: {} }),
    to: object({ kind: { type: 'string', default: 'All' } }),
  });

  it('are set where nothing is, also below a default, but not below what is absent', () => {
    expect(check(schema, {}).value).toEqual({ weight: 1, from: { kind: 'Same' } });
    expect(check(schema, { to: {} }).value).toEqual({ weight: 1, from: { kind: 'Same' }, to: { kind: 'All' } });
  });

  it('leave alone what is there, be it 0, and stand in for a null', () => {
    expect(check(schema, { weight: 0, from: { kind: 'Other' } }).value).toEqual({ weight: 0, from: { kind: 'Other' } });
    expect(check(schema, { weight: null }).value).toEqual({ weight: 1, from: { kind: 'Same' } });
  });

  it('fulfil what is required', () => {
    expect(wrong(object({ a: { type: 'string', default: 'x' } }, { required: ['a'] }), {})).toEqual([]);
  });

  it('are not shared: the schema stays as it is', () => {
    const shared = object({ list: { type: 'array', default: [{ a: 1 }] } });
    const { value } = check(shared, {});
    expect(value).toEqual({ list: [{ a: 1 }] });
    expect((value as { readonly list: unknown }).list).not.toBe(shared.properties?.['list']?.default);
  });
});

describe('limits', () => {
  it('include their ends', () => {
    const range = { type: 'integer', minimum: 1, maximum: 65_535 };
    expect([0, 1, 65_535, 65_536].map((value) => wrong(range, value).length)).toEqual([1, 0, 0, 1]);
    const text = { type: 'string', minLength: 1, maxLength: 3 };
    expect(['', 'a', 'abc', 'abcd'].map((value) => wrong(text, value).length)).toEqual([1, 0, 0, 1]);
    const list = { type: 'array', minItems: 1, maxItems: 2 };
    expect([[], [1], [1, 2], [1, 2, 3]].map((value) => wrong(list, value).length)).toEqual([1, 0, 0, 1]);
    const map = { type: 'object', minProperties: 1, maxProperties: 1 };
    expect([{}, { a: 1 }, { a: 1, b: 2 }].map((value) => wrong(map, value).length)).toEqual([1, 0, 1]);
  });

  it('count characters, not their halves', () => {
    expect(wrong({ type: 'string', maxLength: 2 }, '😀😀')).toEqual([]);
    expect(wrong({ type: 'string', minLength: 2 }, '😀')).toEqual(['InvalidValue']);
  });

  it('of 32 bits are -2147483648 and 2147483647', () => {
    const schema = { type: 'integer', format: 'int32' };
    const values = [-2_147_483_649, -2_147_483_648, 2_147_483_647, 2_147_483_648];
    expect(values.map((value) => wrong(schema, value).length)).toEqual([1, 0, 0, 1]);
  });

  it('count no entry that is null', () => {
    expect(wrong({ type: 'object', minProperties: 1 }, { a: null })).toEqual(['InvalidValue']);
  });
});

describe('words', () => {
  it('of an enumeration are told with the one that was meant', () => {
    const { findings, messages } = check({ type: 'string', enum: ['Exact', 'PathPrefix'] }, 'exact');
    expect(findings).toEqual(['UnsupportedValue']);
    expect(messages[0]).toContain('Did you mean Exact?');
  });

  it('match their pattern', () => {
    const schema = { type: 'string', pattern: '^[a-z]+$' };
    expect([wrong(schema, 'abc'), wrong(schema, 'aBc')]).toEqual([[], ['InvalidValue']]);
  });

  it('have their format', () => {
    const time = { type: 'string', format: 'date-time' };
    expect([wrong(time, '2026-01-02T03:04:05Z'), wrong(time, 'yesterday')]).toEqual([[], ['InvalidValue']]);
    const bytes = { type: 'string', format: 'byte' };
    expect(['', 'YQ==', 'YWI=', 'YWJj', 'YWJj\nYQ=='].flatMap((value) => wrong(bytes, value))).toEqual([]);
    for (const value of ['YQ', 'Y===', 'a b=', '-_==']) expect(wrong(bytes, value)).toEqual(['InvalidValue']);
  });
});

describe('lists', () => {
  it('of maps have each key once', () => {
    const schema: Schema = {
      type: 'array',
      items: object({ port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } }),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
    };
    expect(wrong(schema, [{ port: 53 }, { port: 53, protocol: 'UDP' }])).toEqual([]);
    expect(wrong(schema, [{ port: 53 }, { port: 54 }, { port: 53, protocol: 'TCP' }])).toEqual(['DuplicateValue [2]']);
  });

  it('that are sets have each value once; others may repeat', () => {
    const set = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
    expect(wrong(set, ['a', 'b', 'a'])).toEqual(['DuplicateValue [2]']);
    expect(wrong({ type: 'array', items: { type: 'string' } }, ['a', 'a'])).toEqual([]);
  });
});

describe('values', () => {
  it('are shown, cut short, but not where they are secret', () => {
    const schema = object({ a: { type: 'integer' }, b: { type: 'string', enum: ['x'] } });
    const value = { a: 's3cret', b: `s3cret${'y'.repeat(200)}` };
    const shown = check(schema, value).messages;
    expect(shown.every((message) => message.includes('s3cret') && message.length < 200)).toBe(true);
    const hidden = check(schema, value, false).messages;
    expect(hidden).toHaveLength(2);
    expect(hidden.join(' ')).not.toContain('s3cret');
    expect(hidden[0]).toBe('This must be a whole number, not a string.');
  });

  it('that fit come back the same, and completed once they are complete', () => {
    const schema = object({ a: { type: 'integer', default: 1 }, b: { type: 'array', items: object({}) } });
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { value, findings } = check(schema, JSON.parse(text));
        if (findings.length === 0) expect(check(schema, value)).toEqual({ value, findings: [], messages: [] });
      }),
    );
  });
});
