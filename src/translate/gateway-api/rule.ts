import type { HTTPRouteRule } from '../../../gen/kubernetes/types.ts';
import { type Cors, type HeaderModification, noHeaderModification, type SessionPersistence } from '../../ir/filter.ts';
import type { RouteMatch } from '../../ir/match.ts';
import { ruleClusterName } from '../../ir/name.ts';
import type { DirectResponse, Forward, RouteAction, WeightedCluster } from '../../ir/route.ts';
import type { ReferenceSource } from '../../resolve/reference-grant.ts';
import type { Read } from '../../snapshot/view.ts';
import { mirrorsOf, resolveBackendRefs, type RuleBackends, weighBackends } from './backend-ref.ts';
import { type Filters, translateFilters } from './filter.ts';
import { type FieldProblem, refuse, type RuleFindings } from './finding.ts';
import { translateMatch } from './match.ts';
import { translateMirrors } from './request-mirror.ts';
import { translateSessionPersistence } from './session-persistence.ts';
import { translateRetry, translateTimeouts } from './timeout.ts';
import { createRouteUses, type RouteUses } from './use.ts';

/** A rule of an HTTPRoute. The port of a Redirect is still to be settled for each entry point. */
export interface RuleTranslation {
  readonly index: number;
  readonly name?: string;
  /** Those that can be compared. */
  readonly matches: readonly RouteMatch[];
  readonly action: RouteAction;
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
  readonly cors?: Cors;
  /** Not empty: the rule is dropped, and its matches are answered 500. */
  readonly invalid: readonly FieldProblem[];
  readonly unresolved: readonly FieldProblem[];
}

/** The route that a rule stands in: its key, who references, and what its rules use. */
export interface RuleContext {
  readonly read: Read;
  readonly object: string;
  readonly from: ReferenceSource;
  readonly uses: RouteUses;
}

/** Hands on the clusters that the action really names, out of those that its parts were given. */
function keepClusters(action: RouteAction, offered: RouteUses, uses: RouteUses): void {
  if (action.kind !== 'Forward') return;
  const named = new Set([...action.clusters, ...action.mirrors].map((entry) => entry.cluster));
  for (const request of offered.clusters()) if (named.has(request.name)) uses.addCluster(request);
}

function answer500(why: string): DirectResponse {
  return { kind: 'DirectResponse', statusCode: 500, why };
}

/** The backends of a rule as one cluster, so that a session holds over all of them. */
function unifyClusters(
  context: RuleContext,
  ruleIndex: number,
  { backends }: RuleBackends,
  field: string,
  findings: RuleFindings,
): readonly WeightedCluster[] | undefined {
  const first = backends[0];
  if (first === undefined || backends.length === 1) return undefined;
  const differ = backends.some(({ backend }) => backend.protocol !== first.backend.protocol);
  if (differ) return refuse(findings, field, 'Sessions over several backends need backends of one protocol.');
  if (backends.some(({ backend }) => backend.tls !== undefined)) {
    return refuse(findings, field, 'Sessions over several backends are not served where one has a BackendTLSPolicy.');
  }
  const hasFilters = backends.some(
    ({ filters }) =>
      filters.requestHeaders !== noHeaderModification ||
      filters.responseHeaders !== noHeaderModification ||
      filters.rewrite !== undefined,
  );
  if (hasFilters)
    return refuse(findings, field, 'Sessions over several backends are not served with filters of a backend.');
  const name = ruleClusterName(context.object, ruleIndex);
  context.uses.addCluster({
    kind: 'Rule',
    name,
    protocol: first.backend.protocol,
    backends: backends.map(({ backend: { namespace, service, port }, weight }) => ({
      namespace,
      service,
      port,
      weight,
    })),
  });
  const weight = backends.reduce((sum, backend) => sum + backend.weight, 0);
  return [{ cluster: name, weight, requestHeaders: noHeaderModification, responseHeaders: noHeaderModification }];
}

function translateForward(
  context: RuleContext,
  rule: HTTPRouteRule,
  index: number,
  matches: readonly RouteMatch[],
  filters: Filters,
  findings: RuleFindings,
): RouteAction {
  const { read, from, uses } = context;
  const field = `spec.rules[${index}]`;
  const refs = rule.backendRefs ?? [];
  const resolved = resolveBackendRefs(read, from, refs, matches, `${field}.backendRefs`, uses, findings);
  const clusters = weighBackends(resolved.backends, uses);
  const mirrors = translateMirrors(read, from, mirrorsOf(filters, resolved.backends), uses, findings);
  const timeouts = translateTimeouts(rule.timeouts, `${field}.timeouts`, findings);
  const retry = rule.retry === undefined ? undefined : translateRetry(rule.retry, `${field}.retry`, findings);
  const place = `${field}.sessionPersistence`;
  const sessionKey = `${context.object}/${rule.name ?? index}`;
  const sessionPersistence: SessionPersistence | undefined =
    rule.sessionPersistence === undefined
      ? undefined
      : translateSessionPersistence(rule.sessionPersistence, sessionKey, place, findings);
  const unified =
    sessionPersistence === undefined ? undefined : unifyClusters(context, index, resolved, place, findings);
  const none = noBackend(refs.length, resolved);
  if (none !== undefined) return none;
  const forward: Forward = {
    kind: 'Forward',
    clusters: unified ?? clusters,
    invalidWeight: resolved.invalidWeight,
    ...(filters.rewrite === undefined ? {} : { rewrite: filters.rewrite }),
    timeouts,
    ...(retry === undefined ? {} : { retry }),
    mirrors,
    ...(sessionPersistence === undefined ? {} : { sessionPersistence }),
  };
  return forward;
}

function noBackend(count: number, { backends, invalidWeight }: RuleBackends): DirectResponse | undefined {
  if (backends.length > 0) return undefined;
  if (count === 0) return answer500('The rule has no backendRefs.');
  return answer500(invalidWeight > 0 ? 'No backendRef can be used.' : 'All backendRefs have weight 0.');
}

function translateAction(
  context: RuleContext,
  rule: HTTPRouteRule,
  index: number,
  matches: readonly RouteMatch[],
  filters: Filters,
  findings: RuleFindings,
): RouteAction {
  if (filters.redirect === undefined) return translateForward(context, rule, index, matches, filters, findings);
  const field = `spec.rules[${index}]`;
  for (const [name, value] of Object.entries({
    backendRefs: (rule.backendRefs ?? []).length > 0 ? true : undefined,
    timeouts: rule.timeouts,
    retry: rule.retry,
    sessionPersistence: rule.sessionPersistence,
  })) {
    if (value === undefined) continue;
    refuse(findings, `${field}.${name}`, `${name} can't be combined with RequestRedirect.`, 'IncompatibleFilters');
  }
  return filters.redirect;
}

const everyRequest = { path: { type: 'PathPrefix', value: '/' } } as const;

/** What a rule that can't be served answers; undefined for one that can. */
function answerOfBroken(findings: RuleFindings, filters: Filters): DirectResponse | undefined {
  const [problem] = findings.invalid;
  if (problem !== undefined) return answer500(problem.message);
  return filters.blocked ? answer500('A filter of the rule is unknown.') : undefined;
}

/** Translates one rule. A rule with an error keeps its matches, so that no weaker rule takes their requests. */
export function translateRule(context: RuleContext, rule: HTTPRouteRule, index: number): RuleTranslation {
  const findings: RuleFindings = { invalid: [], unresolved: [] };
  const offered = createRouteUses(context.from.namespace);
  const field = `spec.rules[${index}]`;
  const written = rule.matches === undefined || rule.matches.length === 0 ? [everyRequest] : rule.matches;
  const matches = written.flatMap((match, i) => translateMatch(match, `${field}.matches[${i}]`, findings) ?? []);
  const filters = translateFilters(rule.filters ?? [], matches, `${field}.filters`, findings);
  const offering = { ...context, uses: { ...context.uses, addCluster: offered.addCluster } };
  const action = translateAction(offering, rule, index, matches, filters, findings);
  const broken = answerOfBroken(findings, filters);
  keepClusters(broken ?? action, offered, context.uses);
  const cors = broken === undefined ? filters.cors : undefined;
  return {
    index,
    ...(rule.name === undefined ? {} : { name: rule.name }),
    matches,
    action: broken ?? action,
    requestHeaders: broken === undefined ? filters.requestHeaders : noHeaderModification,
    responseHeaders: broken === undefined ? filters.responseHeaders : noHeaderModification,
    ...(cors === undefined ? {} : { cors }),
    invalid: findings.invalid,
    unresolved: findings.unresolved,
  };
}
