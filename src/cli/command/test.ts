import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseTestFile } from '../../explain/test-file/parse-test-file.ts';
import { renderJunit } from '../../explain/test-file/render-junit.ts';
import { renderTestReports } from '../../explain/test-file/render-test-reports.ts';
import { hasFailures, runTestFile, type TestReport } from '../../explain/test-file/run-test-file.ts';
import { renderFinding } from '../finding.ts';
import { load, requirePaths, UsageError, withUsage } from '../load.ts';
import { createStyles, useColours } from '../terminal.ts';

function runFile(file: string): readonly TestReport[] {
  const { testFiles, diagnostics } = parseTestFile(file, readFileSync(file, 'utf8'));
  if (diagnostics.length > 0) {
    const styles = createStyles(useColours(process.stderr));
    process.stderr.write(`${diagnostics.map((diagnostic) => renderFinding(diagnostic, styles)).join('\n')}\n`);
  }
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new UsageError(`${file} is no test file that can be run`);
  return testFiles.map((testFile) => {
    const { result } = load(testFile.configuration.map((path) => resolve(dirname(file), path)), new Date());
    return runTestFile(result.translation, testFile);
  });
}

function render(reports: readonly TestReport[], output: 'text' | 'json' | 'junit'): string {
  switch (output) {
    case 'json':
      return JSON.stringify(reports, undefined, 2);
    case 'junit':
      return renderJunit(reports);
    case 'text':
      return renderTestReports(reports, { colors: useColours(process.stdout) });
  }
}

/** `sallyport test`: tries the cases of test files; exit code 1 where one fails. */
export function test(files: readonly string[], options: { readonly output: 'text' | 'json' | 'junit' }): Promise<void> {
  return withUsage(() => {
    requirePaths(files);
    const reports = files.flatMap(runFile);
    const text = render(reports, options.output);
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    return hasFailures(reports) ? 1 : 0;
  });
}
