import { alignRows, createPaint, type Paint } from '../paint.ts';
import { renderEgress } from '../render-egress.ts';
import { renderExplanation } from '../render-explanation.ts';
import type { CaseResult, TestReport } from './run-test-file.ts';

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}

/** The differences and the explanation of a case that failed, for people. */
export function renderFailure({ differences, explanation }: CaseResult, colors: boolean): string {
  const rows = differences.map(({ field, expected, actual }) => [field, `expected ${expected}, is ${actual}`] as const);
  const options = { colors, notChosen: 8 };
  const why =
    explanation === undefined
      ? ''
      : 'decision' in explanation
        ? renderEgress(explanation, options)
        : renderExplanation(explanation, options);
  return `${alignRows(rows, 0).join('\n')}\n${why}`;
}

function renderCase(result: CaseResult, paint: Paint, colors: boolean): string {
  const { name, position, differences } = result;
  if (differences.length === 0) return `  ${paint.good('ok')}    ${name}\n`;
  const place = paint.dim(`${position.file}:${position.line}`);
  return `  ${paint.bad('FAIL')}  ${name}  ${place}\n${indent(renderFailure(result, colors))}`;
}

/** All cases, the failed ones with their differences and the explanation, and how many there are. */
export function renderTestReports(reports: readonly TestReport[], options: { readonly colors: boolean }): string {
  const paint = createPaint(options.colors);
  const parts = reports.map(
    ({ name, cases }) =>
      `${paint.bold(name)}\n${cases.map((result) => renderCase(result, paint, options.colors)).join('')}`,
  );
  const results = reports.flatMap(({ cases }) => cases);
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const sum = `${results.length} cases, ${failed} failed`;
  return `${parts.join('\n')}\n${failed > 0 ? paint.bad(sum) : paint.good(sum)}\n`;
}
