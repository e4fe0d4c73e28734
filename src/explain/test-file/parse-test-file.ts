import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { locateField, parseYaml, splitDocuments, type DocumentText } from '../../snapshot/files/document.ts';
import { createFieldReader } from './field-reader.ts';
import { caseFields, readCase } from './parse-case.ts';
import type { TestCase, TestFile } from './test-case.ts';

const apiVersion = 'sallyport.dev/v1alpha1';

/** What a file holds; a case with a mistake is left out of the test files. */
export interface ParsedTestFile {
  readonly testFiles: readonly TestFile[];
  readonly diagnostics: readonly Diagnostic[];
}

function parseDocument(
  file: string,
  document: DocumentText,
  value: unknown,
  diagnostics: Diagnostic[],
): TestFile | undefined {
  const report = (field: string, message: string): void => {
    const position = locateField(file, document, field === '' ? undefined : field);
    diagnostics.push({
      severity: 'error',
      reason: 'InvalidTestFile',
      message,
      ...(field !== '' && { field }),
      position,
    });
  };
  const fields = createFieldReader(value, ['apiVersion', 'kind', 'metadata', 'spec'], report);
  if (fields === undefined) return undefined;
  for (const name of ['apiVersion', 'kind', 'spec']) fields.required(name);
  fields.oneOf('apiVersion', [apiVersion]);
  fields.oneOf('kind', ['ConfigurationTest']);
  const name = fields.object('metadata', ['name'])?.string('name') ?? file;
  const spec = fields.object('spec', ['configuration', 'cases']);
  spec?.required('cases');
  const cases = spec?.objects('cases', caseFields)?.flatMap((entry): readonly TestCase[] => {
    const read = readCase(entry, locateField(file, document, entry.path));
    return read === undefined ? [] : [read];
  });
  if (spec === undefined || cases === undefined) return undefined;
  return { file, name, configuration: spec.strings('configuration') ?? ['.'], cases };
}

/** Reads the documents of a test file. Every mistake is a diagnostic with its place; what can be run is run anyway. */
export function parseTestFile(file: string, text: string): ParsedTestFile {
  const diagnostics: Diagnostic[] = [];
  const testFiles: TestFile[] = [];
  for (const document of splitDocuments(text)) {
    const parsed = parseYaml(file, document);
    if (!parsed.ok) {
      diagnostics.push(...parsed.diagnostics);
      continue;
    }
    const testFile = parseDocument(file, document, parsed.value, diagnostics);
    if (testFile !== undefined) testFiles.push(testFile);
  }
  return { testFiles, diagnostics };
}
