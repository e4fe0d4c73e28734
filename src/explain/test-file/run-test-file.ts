import type { Position } from '../../snapshot/diagnostic.ts';
import { explainEgress, type EgressExplanation } from '../explain-egress.ts';
import { explainRequest, type Explainable } from '../explain.ts';
import type { Explanation } from '../explanation.ts';
import { judgeAnswer, judgeEgress, type Difference } from './judge.ts';
import type { TestCase, TestFile } from './test-case.ts';

/** What became of one case: it passed where there are no differences. */
export interface CaseResult {
  readonly name: string;
  readonly position: Position;
  readonly differences: readonly Difference[];
  readonly explanation?: Explanation | EgressExplanation;
}

export interface TestReport {
  readonly file: string;
  readonly name: string;
  readonly cases: readonly CaseResult[];
}

function runCase(translation: Explainable, testCase: TestCase): CaseResult {
  const { name, position, gateway } = testCase;
  const options = gateway === undefined ? {} : { gateway };
  switch (testCase.kind) {
    case 'Request': {
      const { request, expect } = testCase;
      const wanted = expect.gateway === undefined ? options : { gateway: expect.gateway, ...options };
      const [explanation] = explainRequest(translation, request, wanted);
      if (explanation === undefined) throw new Error('a request has at least one explanation');
      return { name, position, explanation, differences: judgeAnswer(expect, explanation) };
    }
    case 'Egress': {
      const [explanation] = explainEgress(translation, testCase.call, testCase.from, options);
      const differences = judgeEgress(testCase.expect, explanation);
      return { name, position, differences, ...(explanation !== undefined && { explanation }) };
    }
  }
}

/** Decides every case of a file with the engine that explains. */
export function runTestFile(translation: Explainable, testFile: TestFile): TestReport {
  const { file, name, cases } = testFile;
  return { file, name, cases: cases.map((testCase) => runCase(translation, testCase)) };
}

/** Whether any case is not as expected. */
export function hasFailures(reports: readonly TestReport[]): boolean {
  return reports.some((report) => report.cases.some((result) => result.differences.length > 0));
}
