import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Coverage } from './field.ts';

/** What is read of one of Kubernetes' own kinds. */
export interface BuiltInKind {
  /** By the path of a field; here golden cases have their folder and unit tests their whole path. */
  readonly read: { readonly [path: string]: Coverage };
  /** What becomes of all other fields, in a sentence. */
  readonly rest: string;
}

export function readBuiltInKinds(): { readonly [kind: string]: BuiltInKind } {
  const text = readFileSync(join(import.meta.dirname, 'built-in/kinds.yaml'), 'utf8');
  // The table is ours, and the test compares each of its entries with the schemas and the files.
  return parse(text) as { readonly [kind: string]: BuiltInKind };
}

function cell({ golden = [], unit }: Coverage): string {
  const links = golden.map((name) => `[${name.slice(name.indexOf('/') + 1)}](../test/golden/${name}.yaml)`);
  return [...links, ...(unit === undefined ? [] : [`[unit](../${unit})`])].join(', ');
}

/** The sections of `docs/coverage.md` on Kubernetes' own kinds. */
export function describeBuiltInKinds(kinds: { readonly [kind: string]: BuiltInKind }): readonly string[] {
  return Object.entries(kinds).map(([kind, { read, rest }]) => {
    const rows = Object.entries(read).map(([path, coverage]) => `| \`${path}\` | read | ${cell(coverage)} |`);
    return [`## ${kind}`, '', '| field | state | tried by |', '|---|---|---|', ...rows, '', rest, ''].join('\n');
  });
}
