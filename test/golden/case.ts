import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

/** What a case can show of the outcome; a case lists what it is about. */
export type Shown =
  | 'statuses'
  | 'diagnostics'
  | 'listeners'
  | 'routes'
  | 'clusters'
  | 'endpoints'
  | 'secrets'
  | 'extensions';

/** The last document of a case: what to show, and the outcome that was read and accepted. */
export interface Expectation {
  readonly show: readonly Shown[];
  readonly outcome: unknown;
}

const separator = /^---\nkind: Golden\n/m;

/** A case file: the objects first, then one document `kind: Golden` with the outcome. */
export interface GoldenCase {
  readonly file: string;
  readonly objects: string;
  readonly expectation: Expectation | undefined;
}

export function readCase(file: string): GoldenCase {
  const text = readFileSync(file, 'utf8');
  const match = separator.exec(text);
  if (match === null) return { file, objects: text, expectation: undefined };
  // A case is ours: its shape is checked by the comparison that follows.
  const golden = parse(text.slice(match.index + 4)) as { show: readonly Shown[]; outcome?: unknown };
  return {
    file,
    objects: text.slice(0, match.index),
    expectation: { show: golden.show, outcome: golden.outcome },
  };
}

/** Writes the outcome behind the objects: read it before you commit it. */
export function refreshCase(golden: GoldenCase, show: readonly Shown[], outcome: unknown): void {
  const objects = golden.objects.endsWith('\n') ? golden.objects : `${golden.objects}\n`;
  const tail = stringify({ kind: 'Golden', show, outcome }, { lineWidth: 120, aliasDuplicateObjects: false });
  writeFileSync(golden.file, `${objects}---\n${tail}`);
}
