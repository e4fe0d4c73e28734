import { renderFailure } from './render-test-reports.ts';
import type { CaseResult, TestReport } from './run-test-file.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as XML takes it: what it has no character for is left out. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll(/[&<>"]/g, (char) => entities[char] ?? char);
}

function attribute(text: string): string {
  return escapeXml(text).replaceAll('\n', '&#10;');
}

function caseElement(suite: string, result: CaseResult): string {
  const { name, position, differences } = result;
  const head = `    <testcase name="${attribute(name)}" classname="${attribute(suite)}" file="${attribute(position.file)}" line="${position.line}"`;
  if (differences.length === 0) return `${head}/>\n`;
  const message = differences.map(({ field, expected, actual }) => `${field}: expected ${expected}, is ${actual}`);
  const text = escapeXml(renderFailure(result, false));
  return `${head}>\n      <failure message="${attribute(message.join('; '))}">${text}</failure>\n    </testcase>\n`;
}

/** The reports as JUnit XML, as CI systems read it: a suite for each test file. */
export function renderJunit(reports: readonly TestReport[]): string {
  const suites = reports.map(({ name, cases }) => {
    const failures = cases.filter(({ differences }) => differences.length > 0).length;
    const body = cases.map((result) => caseElement(name, result)).join('');
    return `  <testsuite name="${attribute(name)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">\n${body}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}
