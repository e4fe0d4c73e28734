import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'yaml';
import { describeBuiltInKinds, readBuiltInKinds } from './built-in.ts';

/** What is known of a field, or of all fields below a path. */
export interface Coverage {
  /** The reason that it is refused with. */
  readonly refused?: string;
  /** Cases in test/golden, by name. */
  readonly golden?: readonly string[];
  /** Tests in test/envoy, by name. */
  readonly live?: readonly string[];
  /** A unit test, by path from src/translate. */
  readonly unit?: string;
}

export interface CoverageTable {
  /** Below test/golden: the folder of the cases. */
  readonly folder: string;
  readonly kinds: { readonly [kind: string]: { readonly [path: string]: Coverage } };
}

export interface Field {
  readonly kind: string;
  readonly path: string;
  /** The path in the table that speaks of it; undefined where none does. */
  readonly covered: string | undefined;
  readonly coverage: Coverage;
}

export interface Schema {
  readonly properties?: { readonly [name: string]: Schema };
  readonly items?: Schema;
}

const root = join(import.meta.dirname, '../..');

/** The tables beside this file, one for each folder of golden cases. */
export function readTables(): readonly CoverageTable[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({
      folder: name.slice(0, -'.yaml'.length),
      // The tables are ours, and the test compares each of their entries with the schemas and the files.
      kinds: parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as CoverageTable['kinds'],
    }));
}

/** The leaf fields below a path of a schema; a list is one step, written `[]`. */
export function leavesOf(schema: Schema, path: string): readonly string[] {
  if (schema.items !== undefined) return leavesOf(schema.items, `${path}[]`);
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([name, child]) => leavesOf(child, `${path}.${name}`));
}

/** Whether an entry of a table stands for a field. */
export function stands(path: string, entry: string): boolean {
  return path === entry || path.startsWith(`${entry}.`) || path.startsWith(`${entry}[`);
}

/** Every leaf field of the spec of a kind, with the longest path of the table that stands for it. */
export function fieldsOf(kind: string, table: CoverageTable['kinds'][string]): readonly Field[] {
  const text = readFileSync(join(root, 'gen/kubernetes/schemas', `${kind}.json`), 'utf8');
  const spec = (JSON.parse(text) as Schema).properties?.['spec'];
  if (spec === undefined) throw new Error(`${kind} has no spec`);
  return leavesOf(spec, 'spec').map((path) => {
    const covered = Object.keys(table)
      .filter((entry) => stands(path, entry))
      .sort((a, b) => b.length - a.length)[0];
    return { kind, path, covered, coverage: covered === undefined ? {} : (table[covered] ?? {}) };
  });
}

function cell(field: Field, folder: string): string {
  const { golden = [], live = [], unit } = field.coverage;
  const links = [
    ...golden.map((name) => `[${name}](../test/golden/${folder}/${name}.yaml)`),
    ...live.map((name) => `[Envoy: ${name}](../test/envoy/${name}.test.ts)`),
    ...(unit === undefined ? [] : [`[unit](${posix.join('../src/translate', unit)}.test.ts)`]),
  ];
  return links.join(', ');
}

/** `docs/coverage.md`. */
export function describeCoverage(tables: readonly CoverageTable[]): string {
  const sections = tables.flatMap(({ folder, kinds }) =>
    Object.keys(kinds).map((kind) => {
      const rows = fieldsOf(kind, kinds[kind] ?? {}).map((field) => {
        const { refused } = field.coverage;
        const state = refused === undefined ? 'served' : `refused: ${refused}`;
        return `| \`${field.path}\` | ${state} | ${cell(field, folder)} |`;
      });
      return [`## ${kind}`, '', '| field | state | tried by |', '|---|---|---|', ...rows, ''].join('\n');
    }),
  );
  return [
    '# Fields',
    '',
    "Every field of the kinds that say how traffic goes is served, or refused where the user sees it; of Kubernetes' own",
    'kinds, at the end, the fields that are read are listed. This page is made from the schemas and `test/fields`; a field',
    'that is missing here fails the tests.',
    '',
    ...sections,
    ...describeBuiltInKinds(readBuiltInKinds()),
  ].join('\n');
}
