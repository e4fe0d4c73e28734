import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseTestFile } from '../../src/explain/test-file/parse-test-file.ts';
import { renderTestReports } from '../../src/explain/test-file/render-test-reports.ts';
import { runTestFile, type TestReport } from '../../src/explain/test-file/run-test-file.ts';
import { translateYaml } from './fixture.ts';

const docs = join(import.meta.dirname, '../../docs');

function blocksOf(file: string, language: string): readonly string[] {
  const text = readFileSync(join(docs, file), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);
}

function run(objects: string, tests: string): readonly TestReport[] {
  const { testFiles, diagnostics } = parseTestFile('cart.yaml', tests);
  expect(diagnostics).toEqual([]);
  const translation = translateYaml(objects);
  return testFiles.map((testFile) => runTestFile(translation, testFile));
}

it('the examples of testing-configurations.md give the output that is shown there', () => {
  const [objects = '', tests = ''] = blocksOf('testing-configurations.md', 'yaml');
  const [output] = blocksOf('testing-configurations.md', 'text');
  expect(renderTestReports(run(objects, tests), { colors: false })).toBe(output);
});

it('the egress cases hold for the example of egress.md', () => {
  const [objects = ''] = blocksOf('egress.md', 'yaml');
  const tests = blocksOf('testing-configurations.md', 'yaml')[2] ?? '';
  const pod = `---
kind: Pod
metadata: {name: checkout-1, namespace: shop, labels: {app: checkout}}
spec: {containers: []}
status: {podIP: 10.0.0.1}
`;
  const [report] = run(`${objects}${pod}`, tests);
  expect(report?.cases.map(({ differences }) => differences)).toEqual([[], [], []]);
});
