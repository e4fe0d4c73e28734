import { describe, expect, it } from 'vitest';
import { type AnyObject, unreadableOf } from '../object.ts';
import type { Change } from '../snapshot.ts';
import { createCatalog } from './catalog.ts';
import type { Validate } from './validation.ts';

interface Written {
  readonly kind: 'Namespace';
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly broken?: boolean;
  /** Broken, with something that stands in for it. */
  readonly replaced?: boolean;
}

/** As much validation as these tests need: `broken: true` makes an object invalid. */
const validate: Validate = (value) => {
  const written = value as Written;
  const ref = { kind: 'Namespace' as const, namespace: '', name: written.metadata.name };
  if (written.broken === true || written.replaced === true) {
    return {
      kind: 'Invalid',
      ref,
      ...(written.replaced === true ? { standIn: { ...(value as AnyObject), unreadable: 'broken' } } : {}),
      diagnostics: [{ severity: 'error', reason: 'Broken', message: 'broken', object: ref, field: 'broken' }],
    };
  }
  return { kind: 'Object', object: value as AnyObject, diagnostics: [] };
};

function namespace(name: string, extra = ''): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n${extra}`;
}

function told(changes: readonly Change[]): readonly string[] {
  return changes.map((change) => (change.kind === 'put' ? `+${change.object.metadata.name}` : `-${change.ref.name}`));
}

describe('catalog', () => {
  it('applies what a file adds at once and lets go of what it no longer holds when it settles', () => {
    const catalog = createCatalog(validate);
    expect(told(catalog.put('f', `${namespace('a')}---\n${namespace('b')}`))).toEqual(['+a', '+b']);
    expect(told(catalog.put('f', `${namespace('a')}---\n${namespace('c')}`))).toEqual(['+c']);
    expect(told(catalog.settle('f'))).toEqual(['-b']);
    expect(told(catalog.settle('f'))).toEqual([]);
  });

  it('keeps everything through a half-written file', () => {
    const catalog = createCatalog(validate);
    catalog.put('f', `${namespace('a')}---\n${namespace('b')}`);
    expect(told(catalog.put('f', ''))).toEqual([]);
    expect(told(catalog.put('f', `${namespace('a')}---\nkind: Name\n  spa: [`))).toEqual([]);
    expect(told(catalog.settle('f'))).toEqual([]);
    expect(catalog.diagnostics()).toMatchObject([{ reason: 'MalformedYaml', position: { file: 'f', line: 5 } }]);
    expect(told(catalog.put('f', `${namespace('a')}---\n${namespace('b')}`))).toEqual([]);
    expect(catalog.diagnostics()).toEqual([]);
  });

  it('keeps the last good version of an object that is broken now, and says so where it stands', () => {
    const catalog = createCatalog(validate);
    catalog.put('f', `${namespace('a')}---\n${namespace('b')}`);
    expect(told(catalog.put('f', `${namespace('a')}---\n${namespace('b', 'broken: true\n')}`))).toEqual([]);
    expect(told(catalog.settle('f'))).toEqual([]);
    expect(catalog.diagnostics()).toMatchObject([{ reason: 'Broken', position: { file: 'f', line: 8, column: 1 } }]);
    expect(told(catalog.put('f', namespace('a')))).toEqual([]);
    expect(told(catalog.settle('f'))).toEqual(['-b']);
  });

  it('keeps the identity of objects whose text did not change', () => {
    const catalog = createCatalog(validate);
    const [first] = catalog.put('f', `${namespace('a')}---\n${namespace('b')}`);
    catalog.put('f', `${namespace('new')}---\n${namespace('a')}`);
    const [moved] = catalog.put('g', namespace('other'));
    expect(told(catalog.put('f', `${namespace('a')}---\n${namespace('b')}`))).toEqual([]);
    expect(first?.kind).toBe('put');
    expect(moved?.kind).toBe('put');
  });

  it('lets the first file by name win, and the other take over when that one goes', () => {
    const catalog = createCatalog(validate);
    catalog.put('b.yaml', namespace('a', 'x: 2\n'));
    expect(told(catalog.put('a.yaml', namespace('a')))).toEqual(['+a']);
    expect(catalog.diagnostics()).toMatchObject([{ reason: 'DuplicateObject', position: { file: 'b.yaml' } }]);
    expect(told(catalog.put('a.yaml', undefined))).toEqual([]);
    expect(told(catalog.settle('a.yaml'))).toEqual(['+a']);
    expect(catalog.diagnostics()).toEqual([]);
  });

  it('takes the first of two in one file', () => {
    const catalog = createCatalog(validate);
    expect(told(catalog.put('f', `${namespace('a')}---\n${namespace('a', 'x: 1\n')}`))).toEqual(['+a']);
    expect(catalog.diagnostics()).toMatchObject([{ reason: 'DuplicateObject', position: { line: 7 } }]);
  });

  it('lets something stand in for an object that is broken, as long as nothing good is known of it', () => {
    const catalog = createCatalog(validate);
    const unreadable = { kind: 'put', object: { unreadable: 'broken' } };
    expect(catalog.put('b', namespace('a', 'replaced: true\n'))).toMatchObject([unreadable]);
    expect(told(catalog.settle('b'))).toEqual([]);
    // Half-written, or on its way to another file.
    expect(told(catalog.put('b', ''))).toEqual([]);
    expect(told(catalog.put('b', undefined))).toEqual([]);
    const changes = catalog.put('b', namespace('a'));
    expect([
      told(changes),
      changes.every((change) => change.kind === 'put' && unreadableOf(change.object) === 'broken'),
    ]).toEqual([['+a'], false]);
    expect(told(catalog.put('b', namespace('a', 'replaced: true\n')))).toEqual([]);
    catalog.settle('b');
    // A good one wins wherever it is; the broken one stands in again when both are gone.
    expect(told(catalog.put('c', namespace('a', 'x: 1\n')))).toEqual([]);
    expect(told(catalog.put('b', undefined))).toEqual([]);
    expect(told(catalog.settle('b'))).toEqual(['+a']);
    catalog.put('a', namespace('a', 'replaced: true\n'));
    catalog.put('c', undefined);
    expect(catalog.settle('c')).toMatchObject([unreadable]);
    catalog.put('a', '');
    expect(told(catalog.settle('a'))).toEqual(['-a']);
  });

  it('goes on serving a file that can not be read any more', () => {
    const catalog = createCatalog(validate);
    catalog.put('f', namespace('a'));
    catalog.refuse('f', 'FileTooLarge', 'too large');
    expect(told(catalog.settle('f'))).toEqual([]);
    expect(catalog.diagnostics()).toMatchObject([{ reason: 'FileTooLarge' }]);
  });
});
