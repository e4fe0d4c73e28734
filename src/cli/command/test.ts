import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseTestFile } from '../../explain/test-file/parse-test-file.ts';
import { renderJunit } from '../../explain/test-file/render-junit.ts';
import { renderTestReports } from '../../explain/test-file/render-test-reports.ts';
import { hasFailures, runTestFile, type TestReport } from '../../explain/test-file/run-test-file.ts';
import type { TestFile } from '../../explain/test-file/test-case.ts';
import type { Translation } from '../../translate/translation.ts';
import { renderFinding } from '../finding.ts';
import { load, requirePaths, UsageError, withUsage } from '../load.ts';
import { createStyles, useColours } from '../terminal.ts';

export type TestOutput = 'text' | 'json' | 'junit';

/** All tests of the files; undefined where one was not understood, which has then been told. */
function readTestFiles(files: readonly string[]): readonly TestFile[] | undefined {
  const styles = createStyles(useColours(process.stderr));
  let understood = true;
  const testFiles = files.flatMap((file) => {
    if (statSync(file).isDirectory()) throw new UsageError(`${file} is a folder; name its test files`);
    const parsed = parseTestFile(file, readFileSync(file, 'utf8'));
    for (const diagnostic of parsed.diagnostics) {
      understood = false;
      process.stderr.write(`${renderFinding(diagnostic, styles)}\n`);
    }
    if (parsed.diagnostics.length === 0 && parsed.testFiles.length === 0) {
      throw new UsageError(`${file} has no document of kind ConfigurationTest`);
    }
    return parsed.testFiles;
  });
  return understood ? testFiles : undefined;
}

/** Each configuration is translated once, however many files test it. */
function createTranslations(): (testFile: TestFile) => Translation {
  const known = new Map<string, Translation>();
  return ({ file, configuration }) => {
    const paths = configuration.map((path) => resolve(dirname(file), path));
    const missing = paths.filter((path) => !existsSync(path));
    if (missing.length > 0) throw new UsageError(`${file}: there is no configuration ${missing.join(', ')}`);
    const key = JSON.stringify(paths);
    const translation = known.get(key) ?? load(paths, new Date()).result.translation;
    known.set(key, translation);
    return translation;
  };
}

function render(reports: readonly TestReport[], output: TestOutput): string {
  switch (output) {
    case 'junit':
      return renderJunit(reports);
    case 'json':
      return `${JSON.stringify(reports, undefined, 2)}\n`;
    case 'text':
      return renderTestReports(reports, { colors: useColours(process.stdout) });
  }
}

/** `sallyport test`: runs files of tests against the configurations that they name. */
export function test(files: readonly string[], options: { readonly output: TestOutput }): Promise<void> {
  return withUsage(() => {
    requirePaths(files);
    const testFiles = readTestFiles(files);
    if (testFiles === undefined) return 2;
    const translationOf = createTranslations();
    const reports = testFiles.map((testFile) => runTestFile(translationOf(testFile), testFile));
    process.stdout.write(render(reports, options.output));
    return hasFailures(reports) ? 1 : 0;
  });
}
