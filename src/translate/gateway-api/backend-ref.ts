import type { HTTPBackendRef } from '../../../gen/kubernetes/types.ts';
import { noHeaderModification, type Rewrite } from '../../ir/filter.ts';
import { clusterName } from '../../ir/name.ts';
import type { WeightedCluster } from '../../ir/route.ts';
import type { RouteMatch } from '../../ir/match.ts';
import type { ReferenceSource } from '../../resolve/reference-grant.ts';
import { resolveBackend, type ServiceBackend } from '../../resolve/service.ts';
import type { Read } from '../../snapshot/view.ts';
import { type Filters, type MirrorFilter, translateFilters } from './filter.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { composeHeaders, overlapsHeaders } from './header-modifier.ts';
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

/** Filters of a backend. Those that change more than headers and host are served only where it is the rule's only one. */
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
  if (!single && filters.mirrors.length > 0) refused.push('RequestMirror');
  if (!single && filters.rewrite?.path !== undefined) refused.push('URLRewrite of the path');
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
  read: Read,
  from: ReferenceSource,
  refs: readonly HTTPBackendRef[],
  matches: readonly RouteMatch[],
  field: string,
  uses: RouteUses,
  findings: RuleFindings,
): RuleBackends {
  const backends: RuleBackend[] = [];
  let invalidWeight = 0;
  refs.forEach((ref, index) => {
    const weight = ref.weight ?? 1;
    const place = `${field}[${index}]`;
    const filters = translateBackendFilters(ref, refs.length === 1, matches, place, findings);
    uses.addReference(ref);
    const backend = resolveBackend(read, from, ref);
    if (!backend.ok) findings.unresolved.push({ ...backend.error, field: place });
    if (!backend.ok || filters.blocked) invalidWeight += weight;
    else if (weight > 0) backends.push({ backend: backend.value, weight, filters });
  });
  return { backends, invalidWeight };
}

/** What is said for the rule as a whole, after what a single backend says was drawn up to it. */
export interface RuleLevel {
  readonly filters: Filters;
  readonly mirrors: readonly MirrorFilter[];
  readonly rewrite?: Rewrite;
  readonly clusters: readonly WeightedCluster[];
}

/**
 * Brings the filters of a rule and of its backends together. The rule's come first, so where both say something on
 * one header, both are written to the backend and none to the rule.
 */
export function combineFilters(rule: Filters, backends: readonly RuleBackend[], uses: RouteUses): RuleLevel {
  const pushDown = (key: 'requestHeaders' | 'responseHeaders') =>
    backends.some(({ filters }) => overlapsHeaders(rule[key], filters[key]));
  const pushRequest = pushDown('requestHeaders');
  const pushResponse = pushDown('responseHeaders');
  const single = backends.length === 1 ? backends[0] : undefined;
  const clusters = backends.map(({ backend, weight, filters }): WeightedCluster => {
    const { namespace, service, port } = backend;
    const cluster = clusterName(namespace, service, port);
    uses.addCluster({ kind: 'ServicePort', name: cluster, namespace, service, port });
    return {
      cluster,
      weight,
      requestHeaders: pushRequest
        ? composeHeaders(rule.requestHeaders, filters.requestHeaders)
        : filters.requestHeaders,
      responseHeaders: pushResponse
        ? composeHeaders(rule.responseHeaders, filters.responseHeaders)
        : filters.responseHeaders,
      ...(single !== undefined || filters.rewrite === undefined ? {} : { rewrite: filters.rewrite }),
    };
  });
  const rewrite = { ...rule.rewrite, ...single?.filters.rewrite };
  return {
    filters: {
      ...rule,
      requestHeaders: pushRequest ? noHeaderModification : rule.requestHeaders,
      responseHeaders: pushResponse ? noHeaderModification : rule.responseHeaders,
    },
    mirrors: [...rule.mirrors, ...(single?.filters.mirrors ?? [])],
    ...(Object.keys(rewrite).length === 0 ? {} : { rewrite }),
    clusters,
  };
}
