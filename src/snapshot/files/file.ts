import { freeze } from '../../lib/freeze.ts';
import type { Diagnostic, Position } from '../diagnostic.ts';
import { describeRef, objectKey, refOf, type AnyObject, type ObjectKey } from '../object.ts';
import { locateField, parseYaml, splitDocuments, type DocumentText } from './document.ts';
import type { Validate, Validation } from './validation.ts';

/** One document and what it came to. A document whose text did not change keeps its objects. */
export interface ParsedDocument extends DocumentText {
  /** One, or of a `List` one for each item. */
  readonly validations: readonly Validation[];
  readonly isList: boolean;
  readonly malformed: readonly Diagnostic[];
}

/** One file as it was last read. */
export interface ParsedFile {
  readonly file: string;
  readonly documents: readonly ParsedDocument[];
}

/** A `List` stands for its items; undefined where it is none. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'List') return undefined;
  return 'items' in value && Array.isArray(value.items) ? (value.items as readonly unknown[]) : [];
}

function parseOne(file: string, document: DocumentText, validate: Validate): ParsedDocument {
  const yaml = parseYaml(file, document);
  if (!yaml.ok) return { ...document, validations: [], isList: false, malformed: yaml.diagnostics };
  if (yaml.value === null) return { ...document, validations: [], isList: false, malformed: [] };
  const items = itemsOf(yaml.value);
  const validations = (items ?? [yaml.value]).map((item) => {
    const validation = validate(item);
    if (validation.kind === 'Object') return { ...validation, object: freeze(validation.object) };
    if (validation.kind === 'Ignored' || validation.standIn === undefined) return validation;
    return { ...validation, standIn: freeze(validation.standIn) };
  });
  return { ...document, validations, isList: items !== undefined, malformed: [] };
}

/** Where a field of the document's object stands, or of the item of a `List` that the validation at `index` is of. */
export function locateIn(file: string, document: ParsedDocument, index: number, field: string | undefined): Position {
  if (!document.isList) return locateField(file, document, field);
  // A field that begins with a bracket, as ['a.b'], needs no dot.
  const rest = field === undefined || field.startsWith('[') ? (field ?? '') : `.${field}`;
  return locateField(file, document, `items[${index}]${rest}`);
}

/** Documents by their text. */
export type KnownDocuments = ReadonlyMap<string, ParsedDocument>;

/** Parses a file; documents whose text is known are taken from there. */
export function parseFile(file: string, text: string, validate: Validate, known: KnownDocuments): ParsedFile {
  const documents = splitDocuments(text).map((document) => {
    const same = known.get(document.text);
    // Positions in its diagnostics are counted from its first line, so a malformed one is read again where it moved.
    if (same === undefined || (same.malformed.length > 0 && same.line !== document.line))
      return parseOne(file, document, validate);
    return same.line === document.line ? same : { ...same, line: document.line };
  });
  return { file, documents };
}

export function documentsByText(parsed: ParsedFile): KnownDocuments {
  return new Map(parsed.documents.map((document) => [document.text, document]));
}

/** The valid objects of a file; of several with one name the first. */
export function objectsOf(parsed: ParsedFile): ReadonlyMap<ObjectKey, AnyObject> {
  const objects = new Map<ObjectKey, AnyObject>();
  for (const document of parsed.documents) {
    for (const validation of document.validations) {
      if (validation.kind !== 'Object') continue;
      const key = objectKey(refOf(validation.object));
      if (!objects.has(key)) objects.set(key, validation.object);
    }
  }
  return objects;
}

/** What is to be served in place of objects that no version is known of that passes; of several with one name the first. */
export function standInsOf(parsed: ParsedFile): ReadonlyMap<ObjectKey, AnyObject> {
  const standIns = new Map<ObjectKey, AnyObject>();
  for (const document of parsed.documents) {
    for (const validation of document.validations) {
      if (validation.kind !== 'Invalid' || validation.standIn === undefined) continue;
      const key = objectKey(refOf(validation.standIn));
      if (!standIns.has(key)) standIns.set(key, validation.standIn);
    }
  }
  return standIns;
}

/** Objects that the file names but does not give a usable version of: the last usable one goes on serving. */
export function brokenKeysOf(parsed: ParsedFile): ReadonlySet<ObjectKey> {
  const broken = new Set<ObjectKey>();
  for (const document of parsed.documents) {
    for (const validation of document.validations) {
      if (validation.kind === 'Invalid' && validation.ref !== undefined) broken.add(objectKey(validation.ref));
    }
  }
  return broken;
}

export function isMalformed(parsed: ParsedFile): boolean {
  return parsed.documents.some((document) => document.malformed.length > 0);
}

/** Whether `diagnoseFile` has anything to say. */
export function hasFindings(parsed: ParsedFile): boolean {
  const validations = parsed.documents.flatMap((document) => document.validations);
  return (
    isMalformed(parsed) ||
    validations.some(({ diagnostics }) => diagnostics.length > 0) ||
    objectsOf(parsed).size < validations.filter(({ kind }) => kind === 'Object').length
  );
}

function duplicatesOf(parsed: ParsedFile): readonly Diagnostic[] {
  const first = new Map<ObjectKey, number>();
  const diagnostics: Diagnostic[] = [];
  for (const document of parsed.documents) {
    for (const [index, validation] of document.validations.entries()) {
      if (validation.kind !== 'Object') continue;
      const object = refOf(validation.object);
      const key = objectKey(object);
      const line = first.get(key);
      if (line === undefined) first.set(key, document.line);
      else {
        const message = `${describeRef(object)} stands in this file twice, first at line ${line}: this one is not used.`;
        const position = locateIn(parsed.file, document, index, 'metadata.name');
        diagnostics.push({ severity: 'error', reason: 'DuplicateObject', message, object, position });
      }
    }
  }
  return diagnostics;
}

/** All that is wrong with a file, with positions. */
export function diagnoseFile(parsed: ParsedFile): readonly Diagnostic[] {
  const own = parsed.documents.flatMap((document) => [
    ...document.malformed,
    ...document.validations.flatMap((validation, index) =>
      validation.diagnostics.map((diagnostic) => ({
        ...diagnostic,
        position: locateIn(parsed.file, document, index, diagnostic.field),
      })),
    ),
  ]);
  return [...own, ...duplicatesOf(parsed)];
}
