import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBuiltInKinds } from './built-in.ts';
import { describeCoverage, fieldsOf, leavesOf, readTables, stands, type Schema } from './field.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/coverage.md');
const tables = readTables();

describe.each(tables.flatMap(({ folder, kinds }) => Object.keys(kinds).map((kind) => ({ folder, kind, kinds }))))(
  'the fields of $kind',
  ({ folder, kind, kinds }) => {
    const table = kinds[kind] ?? {};
    const fields = fieldsOf(kind, table);

    it('are all served or refused', () => {
      expect(fields.filter((field) => field.covered === undefined).map((field) => field.path)).toEqual([]);
    });

    it('are all in the schema', () => {
      const used = new Set(fields.map((field) => field.covered));
      expect(Object.keys(table).filter((path) => !used.has(path))).toEqual([]);
    });

    it('are tried by tests that are there', () => {
      const files = Object.values(table).flatMap(({ golden = [], live = [], unit }) => [
        ...golden.map((name) => `test/golden/${folder}/${name}.yaml`),
        ...live.map((name) => `test/envoy/${name}.test.ts`),
        ...(unit === undefined ? [] : [`src/translate/${unit}.test.ts`]),
      ]);
      expect([...new Set(files)].filter((file) => !existsSync(join(root, file)))).toEqual([]);
      const untried = Object.entries(table).filter(
        ([, { golden = [], unit }]) => golden.length === 0 && unit === undefined,
      );
      expect(untried.map(([path]) => path)).toEqual([]);
    });
  },
);

describe.each(Object.entries(readBuiltInKinds()))('the fields of %s that are read', (kind, { read }) => {
  it('are in the schema', () => {
    // A schema is what the generator wrote: an object with properties.
    const schema = JSON.parse(readFileSync(join(root, 'gen/kubernetes/schemas', `${kind}.json`), 'utf8')) as Schema;
    const leaves = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => leavesOf(child, name));
    expect(Object.keys(read).filter((path) => !leaves.some((leaf) => stands(leaf, path)))).toEqual([]);
  });

  it('are tried by tests that are there', () => {
    const files = Object.entries(read).map(([path, { golden = [], unit }]) => ({
      path,
      files: [...golden.map((name) => `test/golden/${name}.yaml`), ...(unit === undefined ? [] : [unit])],
    }));
    expect(files.filter((entry) => entry.files.length === 0)).toEqual([]);
    expect(files.flatMap((entry) => entry.files).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

it('docs/coverage.md says the same', () => {
  const text = describeCoverage(tables);
  if (process.env['SALLYPORT_REFRESH_GOLDEN'] === '1') writeFileSync(page, text);
  expect(readFileSync(page, 'utf8'), 'run "npm run golden"').toBe(text);
});
