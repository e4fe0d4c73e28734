import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import type { Diagnostic, Position } from '../diagnostic.ts';
import { messageOf } from '../../lib/error.ts';

/** One document of a file, as text; `line` is that of its first line in the file, from 1. */
export interface DocumentText {
  readonly text: string;
  readonly line: number;
}

/** Splits a stream of YAML documents. A document without anything but comments is left out. */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  let line = 1;
  let startLine = 1;
  const take = (end: number) => {
    const part = text.slice(start, end);
    if (/^[^\s#]/m.test(part)) documents.push({ text: part, line: startLine });
  };
  for (let at = 0; at < text.length; line += 1) {
    const next = text.indexOf('\n', at);
    const end = next === -1 ? text.length : next + 1;
    if (text.startsWith('---', at) && /^---(\s|$)/.test(text.slice(at, at + 4))) {
      take(at);
      start = end;
      startLine = line + 1;
    }
    at = end;
  }
  take(text.length);
  return documents;
}

/** A document's value, or why it is none. */
export type ParsedYaml =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

function parse(text: string): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter();
  return { document: parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true }), lines };
}

/** What the parser says, without what it cites after a colon or of an escape sequence: that may be part of a secret. */
function describeMistake(message: string): string {
  const [mistake] = message.split(/: |(?<=escape sequence) |[.\s]*$/);
  return `${(mistake ?? '').replace(/\s+/g, ' ')}. What this file served before goes on serving.`;
}

/** Reads the YAML of one document. Aliases that grow without end are refused. */
export function parseYaml(file: string, { text, line }: DocumentText): ParsedYaml {
  const { document, lines } = parse(text);
  // The parser only warns of a tag it does not know, and reads an empty text: a password that begins with ! would be lost.
  const unknownTags = document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  // One mistake makes several errors: the first is the one to mend.
  const diagnostics = [...document.errors, ...unknownTags].slice(0, 1).map((error): Diagnostic => {
    const at = lines.linePos(error.pos[0]);
    return {
      severity: 'error',
      reason: 'MalformedYaml',
      message: describeMistake(
        error.code === 'TAG_RESOLVE_FAILED' ? 'Unknown tag; quote a value that begins with !' : error.message,
      ),
      position: { file, line: line + at.line - 1, column: at.col },
    };
  });
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (error) {
    const message = describeMistake(messageOf(error));
    return {
      ok: false,
      diagnostics: [{ severity: 'error', reason: 'MalformedYaml', message, position: { file, line, column: 1 } }],
    };
  }
}

/** The parts of a field's path: `spec.rules[0].matches`, `metadata.annotations['a.b/c']`. */
function segmentsOf(field: string): readonly string[] {
  return [...field.matchAll(/\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]|([^.[\]]+)/g)].map(
    ([, index, single, double, name]) => index ?? single ?? double ?? name ?? '',
  );
}

/** The node that stands for the field, or the deepest one on the way to it. */
function findNode(document: Document, field: string): Node | undefined {
  let node: unknown = document.contents;
  let found: Node | undefined = isNode(node) ? node : undefined;
  for (const segment of segmentsOf(field)) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === segment);
      if (pair === undefined) break;
      if (isNode(pair.key)) found = pair.key;
      node = pair.value;
    } else {
      node = node.get(Number(segment), true);
      if (isNode(node)) found = node;
    }
  }
  return found;
}

/** Where a field stands in a file. The text is parsed again: positions are asked for rarely, and trees are large. */
export function locateField(file: string, { text, line }: DocumentText, field: string | undefined): Position {
  if (field === undefined)
    return { file, line: line + (text.match(/^(\s*(#.*)?\n)*/)?.[0].split('\n').length ?? 1) - 1, column: 1 };
  const { document, lines } = parse(text);
  const offset = findNode(document, field)?.range?.[0] ?? 0;
  const at = lines.linePos(offset);
  return { file, line: line + at.line - 1, column: at.col };
}
