import type { HTTPRequestMirrorFilter } from '../../../gen/kubernetes/types.ts';
import type { Mirror } from '../../ir/filter.ts';
import { resolveBackend } from '../../resolve/service.ts';
import { useBackend } from './backend-ref.ts';
import type { MirrorFilter } from './filter.ts';
import { refuse, type RuleFindings } from './finding.ts';
import type { RuleContext } from './rule-context.ts';

function fractionOf(filter: HTTPRequestMirrorFilter): { readonly numerator: number; readonly denominator: number } {
  if (filter.percent !== undefined) return { numerator: filter.percent, denominator: 100 };
  if (filter.fraction === undefined) return { numerator: 100, denominator: 100 };
  return { numerator: filter.fraction.numerator, denominator: filter.fraction.denominator ?? 100 };
}

/** Resolves mirrors. One whose backend can't be used is dropped, and the requests go on. */
export function translateMirrors(
  { read, from, application, uses }: RuleContext,
  mirrors: readonly MirrorFilter[],
  findings: RuleFindings,
): readonly Mirror[] {
  return mirrors.flatMap(({ filter, field }) => {
    const { numerator, denominator } = fractionOf(filter);
    if (denominator < 1 || numerator < 0 || numerator > denominator) {
      refuse(findings, field, `${numerator} of ${denominator} requests is no share.`);
      return [];
    }
    uses.addReference(filter.backendRef);
    const backend = resolveBackend(read, from, filter.backendRef, application);
    if (!backend.ok) {
      findings.unresolved.push({ ...backend.error, field: `${field}.backendRef` });
      return [];
    }
    if (numerator === 0) return [];
    return [{ cluster: useBackend(backend.value, uses), numerator, denominator }];
  });
}
