import { describe, expect, it } from 'vitest';
import { createValidator } from '../validate/validator.ts';
import { createCatalog } from './catalog.ts';
import { diagnoseFile, parseFile } from './file.ts';

const validate = createValidator();

const list = `# two of them
kind: List
apiVersion: v1
items:
  - apiVersion: v1
    kind: Service
    metadata: {name: good}
    spec:
      ports:
        - port: 80
  - apiVersion: v1
    kind: Service
    metadata:
      name: bad
    spec:
      ports:
        - port: 0
  - apiVersion: v1
    kind: Service
    metadata:
      name: good
    spec:
      ports:
        - port: 81
`;

describe('a List', () => {
  it('has the mistakes of its items where they stand', () => {
    const found = diagnoseFile(parseFile('l.yaml', list, validate, new Map()));
    expect(found.map(({ reason, field, position }) => [reason, field, position?.line, position?.column])).toEqual([
      ['InvalidValue', 'spec.ports[0].port', 17, 11],
      ['DuplicateObject', undefined, 21, 7],
    ]);
  });

  it('has its items found by name', () => {
    const catalog = createCatalog(validate);
    catalog.put('l.yaml', `kind: Other\napiVersion: x/v1\n---\n${list}`);
    const at = (name: string, field?: string) => catalog.locate({ kind: 'Service', namespace: 'default', name }, field);
    expect(at('good', 'spec.ports[0].port')).toEqual({ file: 'l.yaml', line: 13, column: 11 });
    expect(at('bad', 'spec.ports[0].port')).toEqual({ file: 'l.yaml', line: 20, column: 11 });
    expect(at('good')).toEqual({ file: 'l.yaml', line: 8, column: 5 });
    expect(at('bad')).toEqual({ file: 'l.yaml', line: 14, column: 5 });
  });

  it('may be empty, or say nothing of its items', () => {
    for (const text of ['kind: List\n', 'kind: List\nitems: []\n', 'kind: List\nitems: null\n'])
      expect(diagnoseFile(parseFile('l.yaml', text, validate, new Map()))).toEqual([]);
  });

  it('tells of an item that is no object', () => {
    const found = diagnoseFile(parseFile('l.yaml', 'kind: List\nitems:\n  - 1\n  - {a: b}\n', validate, new Map()));
    expect(found.map(({ reason, position }) => [reason, position?.line, position?.column])).toEqual([
      ['UnsupportedKind', 3, 5],
      ['UnsupportedKind', 4, 5],
    ]);
  });
});

describe('an object in a version that is not read', () => {
  it('goes on serving as it was', () => {
    const catalog = createCatalog(validate);
    const text = (apiVersion: string) =>
      `apiVersion: ${apiVersion}\nkind: GatewayClass\nmetadata: {name: c}\nspec: {controllerName: a.example/b}\n`;
    expect(catalog.put('c.yaml', text('gateway.networking.k8s.io/v1'))).toMatchObject([{ kind: 'put' }]);
    expect(catalog.put('c.yaml', text('gateway.networking.k8s.io/v2'))).toEqual([]);
    expect(catalog.settle('c.yaml')).toEqual([]);
    expect(catalog.diagnostics()).toMatchObject([
      { reason: 'UnsupportedKind', object: { name: 'c' }, position: { file: 'c.yaml', line: 1, column: 1 } },
    ]);
  });
});
