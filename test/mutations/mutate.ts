import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

/** The objects of every example. */
export function readExamples(folder: string): readonly Json[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('tests.yaml'))
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => document.toJS() as Json)
    .filter((value) => value !== null);
}

function pathsOf(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? (value as readonly Json[]).map((member, index) => [index, member] as const)
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, member]) => pathsOf(member, [...path, key]))];
}

/** What people and programs write where something else belongs. */
const strange: readonly Json[] = [
  '',
  ' ',
  '*',
  '/',
  '//',
  '/%2e',
  '..',
  '-',
  '%',
  '%REQ(x)%',
  '${HOME}',
  'a b',
  'é.example',
  'UPPER.example.com',
  '*.example.com',
  '*.*.com',
  'x'.repeat(63),
  'x'.repeat(253),
  'x'.repeat(300),
  'line\nbreak',
  '\u0000',
  '(',
  '[a-',
  '.*',
  '\\pL{1000}',
  '127.0.0.1',
  '::1',
  '10.0.0.0/8',
  '0s',
  '10s',
  '-1s',
  '1h1m',
  'null',
  'true',
  '8080',
  -1,
  0,
  1,
  80,
  65_535,
  65_536,
  2 ** 31,
  1.5,
  true,
  false,
  null,
  [],
  {},
  [[]],
  { a: 1 },
  'GET',
  'CONNECT',
  'Exact',
  'PathPrefix',
  'RegularExpression',
  'HTTPS',
  'TLS',
  'All',
  'Originate',
  'Passthrough',
  'Permanent',
];

export type Mutation =
  | { readonly kind: 'Replace'; readonly by: Json }
  | { readonly kind: 'Delete' }
  | { readonly kind: 'Repeat' }
  | { readonly kind: 'Rename'; readonly to: string };

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...strange).map((by): Mutation => ({ kind: 'Replace', by })) },
  { weight: 2, arbitrary: fc.constant<Mutation>({ kind: 'Delete' }) },
  { weight: 1, arbitrary: fc.constant<Mutation>({ kind: 'Repeat' }) },
  { weight: 1, arbitrary: fc.constantFrom('Name', 'x', 'spec', '').map((to): Mutation => ({ kind: 'Rename', to })) },
);

function edit(value: Json, path: Path, change: Mutation): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change.kind === 'Replace' ? change.by : value;
  if (Array.isArray(value)) {
    const members = value as readonly Json[];
    const at = Number(key);
    if (rest.length === 0 && change.kind === 'Delete') return members.filter((_, index) => index !== at);
    if (rest.length === 0 && change.kind === 'Repeat') return [...members, members[at] ?? null];
    return members.map((member, index) => (index === at ? edit(member, rest, change) : member));
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as { readonly [key: string]: Json };
  const { [key]: member = null, ...others } = fields;
  if (rest.length === 0 && change.kind === 'Delete') return others;
  if (rest.length === 0 && change.kind === 'Rename') return { ...others, [change.to]: member };
  return { ...fields, [key]: edit(member, rest, change) };
}

/** One object of the examples with one to three mistakes in it, among all others as they are. */
export function mutatedExamples(examples: readonly Json[]): fc.Arbitrary<readonly Json[]> {
  const one = fc.nat({ max: examples.length - 1 }).chain((index) => {
    const paths = pathsOf(examples[index] ?? null);
    return fc.record({ index: fc.constant(index), path: fc.constantFrom(...paths), change: mutation });
  });
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce<readonly Json[]>(
        (objects, { index, path, change }) =>
          objects.map((object, i) => (i === index ? edit(object, path, change) : object)),
        examples,
      ),
    );
}
