import type { HTTPBackendRef } from '../../../gen/kubernetes/types.ts';
import { clusterName, type ClusterName } from '../../ir/name.ts';
import type { WeightedCluster } from '../../ir/route.ts';
import type { RouteMatch } from '../../ir/match.ts';
import { resolveBackend, type ServiceBackend } from '../../resolve/service.ts';
import { type Filters, type MirrorFilter, translateFilters } from './filter.ts';
import { refuse, type RuleFindings } from './finding.ts';
import type { RuleContext } from './rule-context.ts';
import type { RouteUses } from './use.ts';

/** A backend that gets a share of a rule's requests. */
export interface RuleBackend {
  readonly backend: ServiceBackend;
  readonly weight: number;
  readonly filters: Filters;
}

/** The backends of one rule, after their references were resolved. */
export interface RuleBackends {
  readonly backends: readonly RuleBackend[];
  /** The share of those that can't be used. */
  readonly invalidWeight: number;
}

/** Filters of a backend. What is copied elsewhere or answered is the rule's to say, unless it has no other backend. */
function translateBackendFilters(
  ref: HTTPBackendRef,
  single: boolean,
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): Filters {
  const filters = translateFilters(ref.filters ?? [], matches, `${field}.filters`, findings);
  const refused: string[] = [];
  if (filters.redirect !== undefined) refused.push('RequestRedirect');
  if (filters.cors !== undefined) refused.push('CORS');
  if (filters.externalAuth !== undefined) refused.push('ExternalAuth');
  if (!single && filters.mirrors.length > 0) refused.push('RequestMirror');
  if (refused.length > 0) {
    refuse(
      findings,
      `${field}.filters`,
      `Of the filters of a backend ${refused.join(', ')} can't be served; give it to the rule.`,
    );
  }
  return filters;
}

/** Resolves the backendRefs of a rule; what is wrong with them goes to `findings`. */
export function resolveBackendRefs(
  { read, from, application, uses }: RuleContext,
  refs: readonly HTTPBackendRef[],
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): RuleBackends {
  const backends: RuleBackend[] = [];
  let invalidWeight = 0;
  refs.forEach((ref, index) => {
    const weight = ref.weight ?? 1;
    const place = `${field}[${index}]`;
    const filters = translateBackendFilters(ref, refs.length === 1, matches, place, findings);
    uses.addReference(ref);
    const backend = resolveBackend(read, from, ref, application);
    if (!backend.ok) findings.unresolved.push({ ...backend.error, field: place });
    if (!backend.ok || filters.blocked) invalidWeight += weight;
    else if (weight > 0) backends.push({ backend: backend.value, weight, filters });
  });
  return { backends, invalidWeight };
}

/** The cluster of a backend, which is asked for. */
export function useBackend({ namespace, service, port, impliedHttp2 }: ServiceBackend, uses: RouteUses): ClusterName {
  const name = clusterName(namespace, service, port, impliedHttp2 === true ? 'h2' : undefined);
  const implied = impliedHttp2 === undefined ? {} : { impliedHttp2 };
  uses.addCluster({ kind: 'ServicePort', name, namespace, service, port, ...implied });
  return name;
}

/** The shares of a rule. Each keeps the filters of its backend, which come after those of the rule. */
export function weighBackends(backends: readonly RuleBackend[], uses: RouteUses): readonly WeightedCluster[] {
  return backends.map(({ backend, weight, filters }) => {
    return {
      cluster: useBackend(backend, uses),
      weight,
      requestHeaders: filters.requestHeaders,
      responseHeaders: filters.responseHeaders,
      ...(filters.rewrite === undefined ? {} : { rewrite: filters.rewrite }),
    };
  });
}

/** The mirrors of a rule, and those of its backend where it has only one. */
export function mirrorsOf(rule: Filters, backends: readonly RuleBackend[]): readonly MirrorFilter[] {
  return [...rule.mirrors, ...backends.flatMap(({ filters }) => filters.mirrors)];
}
