import type { HTTPRequestMirrorFilter } from '../../../gen/kubernetes/types.ts';
import type { Mirror } from '../../ir/filter.ts';
import { clusterName } from '../../ir/name.ts';
import type { ReferenceSource } from '../../resolve/reference-grant.ts';
import { resolveBackend } from '../../resolve/service.ts';
import type { Read } from '../../snapshot/view.ts';
import type { MirrorFilter } from './filter.ts';
import { refuse, type RuleFindings } from './finding.ts';
import type { RouteUses } from './use.ts';

function fractionOf(filter: HTTPRequestMirrorFilter): { readonly numerator: number; readonly denominator: number } {
  if (filter.percent !== undefined) return { numerator: filter.percent, denominator: 100 };
  if (filter.fraction === undefined) return { numerator: 100, denominator: 100 };
  return { numerator: filter.fraction.numerator, denominator: filter.fraction.denominator ?? 100 };
}

/** Resolves mirrors. One whose backend can't be used is dropped, and the requests go on. */
export function translateMirrors(
  read: Read,
  from: ReferenceSource,
  mirrors: readonly MirrorFilter[],
  uses: RouteUses,
  findings: RuleFindings,
): readonly Mirror[] {
  return mirrors.flatMap(({ filter, field }) => {
    const { numerator, denominator } = fractionOf(filter);
    if (denominator < 1 || numerator < 0 || numerator > denominator) {
      refuse(findings, field, `${numerator} of ${denominator} requests is no share.`);
      return [];
    }
    uses.addReference(filter.backendRef);
    const backend = resolveBackend(read, from, filter.backendRef);
    if (!backend.ok) {
      findings.unresolved.push({ ...backend.error, field: `${field}.backendRef` });
      return [];
    }
    if (numerator === 0) return [];
    const { namespace, service, port } = backend.value;
    const cluster = clusterName(namespace, service, port);
    uses.addCluster({ kind: 'ServicePort', name: cluster, namespace, service, port });
    return [{ cluster, numerator, denominator }];
  });
}
