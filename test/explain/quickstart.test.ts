import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseTestFile } from '../../src/explain/test-file/parse-test-file.ts';
import { renderTestReports } from '../../src/explain/test-file/render-test-reports.ts';
import { runTestFile } from '../../src/explain/test-file/run-test-file.ts';
import { translateFiles } from './fixture.ts';

const folder = join(import.meta.dirname, '../../examples/quickstart');

it('the test file of the quickstart passes', () => {
  const file = join(folder, 'tests.yaml');
  const { testFiles, diagnostics } = parseTestFile(file, readFileSync(file, 'utf8'));
  expect(diagnostics).toEqual([]);
  const translation = translateFiles([folder]);
  const reports = testFiles.map((testFile) => runTestFile(translation, testFile));
  expect(renderTestReports(reports, { colors: false })).toContain('\n8 cases, 0 failed\n');
});
