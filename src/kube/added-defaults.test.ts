import { describe, expect, it } from 'vitest';
import type { Schema } from '../snapshot/validate/schema.ts';
import { findAddedDefaults, withoutAddedDefaults } from './added-defaults.ts';

const text: Schema = { type: 'string' };
const known: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'x' },
    rules: { type: 'array', items: { type: 'object', properties: { path: text } } },
    tls: { type: 'object', properties: { mode: text } },
  },
};

/** `known`, with other properties of its root, of its rules and of its tls. */
function installed(root: Schema['properties'], ofRule: Schema['properties'] = {}, ofTls: Schema['properties'] = {}) {
  return {
    ...known,
    properties: {
      ...known.properties,
      rules: { type: 'array', items: { type: 'object', properties: { path: text, ...ofRule } } },
      tls: { type: 'object', properties: { mode: text, ...ofTls } },
      ...root,
    },
  } satisfies Schema;
}

function read(schema: Schema, value: unknown): unknown {
  const added = findAddedDefaults(known, schema);
  return added === undefined ? value : withoutAddedDefaults(added, value);
}

it('finds nothing in a definition that is the same, older, or has more without a default', () => {
  expect(findAddedDefaults(known, known)).toBeUndefined();
  expect(findAddedDefaults(known, { type: 'object', properties: { name: text } })).toBeUndefined();
  expect(findAddedDefaults(known, installed({ name: { type: 'string', default: 'y' }, more: text }))).toBeUndefined();
});

describe('a field that a newer definition adds', () => {
  const schema = installed(
    { more: { type: 'object', default: {}, properties: { mode: { type: 'string', default: 'Lax' }, host: text } } },
    { retries: { type: 'integer', default: 3 } },
    { ciphers: { type: 'array', default: ['a', 'b'] } },
  );

  it('says nothing where it has its default, with the defaults of what the default leaves out', () => {
    const written = { name: 'n', rules: [{ path: '/' }, {}], tls: { mode: 'Terminate' } };
    const served = {
      ...written,
      more: { mode: 'Lax' },
      rules: [{ path: '/', retries: 3 }, { retries: 3 }],
      tls: { mode: 'Terminate', ciphers: ['a', 'b'] },
    };
    expect(read(schema, served)).toEqual(written);
    expect(read(schema, written)).toEqual(written);
  });

  it.each([
    { more: { mode: 'Strict' } },
    { more: { mode: 'Lax', host: 'a' } },
    { rules: [{ retries: 4 }] },
    { rules: [{ retries: '3' }] },
    { tls: { ciphers: ['b', 'a'] } },
    { unknown: 3 },
    { name: { more: { mode: 'Lax' } } },
    { rules: 'none' },
  ])('stays where it has another value, and so does all else: %j', (value) => {
    expect(read(schema, value)).toEqual(value);
  });

  it('may have the name of a member of every object', () => {
    const odd = installed({ constructor: { type: 'string', default: 'x' } });
    expect(read(odd, { constructor: 'x', name: 'n' })).toEqual({ name: 'n' });
    expect(read(odd, { name: 'n' })).toEqual({ name: 'n' });
  });
});
