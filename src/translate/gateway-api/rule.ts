import type { HTTPRouteRule } from '../../../gen/kubernetes/types.ts';
import {
  type Cors,
  type ExternalAuth,
  type HeaderModification,
  noHeaderModification,
  type SessionPersistence,
} from '../../ir/filter.ts';
import type { RouteMatch } from '../../ir/match.ts';
import { ruleClusterName } from '../../ir/name.ts';
import type { DirectResponse, Forward, RouteAction, WeightedCluster } from '../../ir/route.ts';
import { resolveBackendTraffic } from '../../resolve/backend-traffic-policy.ts';
import { mirrorsOf, resolveBackendRefs, type RuleBackends, weighBackends } from './backend-ref.ts';
import { translateExternalAuth } from './external-auth.ts';
import { type Filters, translateFilters } from './filter.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { translateMirrors } from './request-mirror.ts';
import type { RuleOutcome } from './route-status.ts';
import { translateBackendSession, translateSessionPersistence } from './session-persistence.ts';
import { translateRetry, translateTimeouts } from './timeout.ts';
import type { RuleContext } from './rule-context.ts';
import { createRouteUses, type RouteUses } from './use.ts';

/** A rule of an HTTPRoute. The port of a Redirect is still to be settled for each entry point. */
export interface RuleTranslation extends RuleOutcome {
  /** Those that can be compared. */
  readonly matches: readonly RouteMatch[];
  readonly action: RouteAction;
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
  readonly cors?: Cors;
  readonly externalAuth?: ExternalAuth;
}

/** The part of a rule that HTTPRoutes and GRPCRoutes have alike; the latter know no timeouts and retries. */
export type RoutingRule = Omit<HTTPRouteRule, 'matches'>;

/** Hands on the clusters that the route really names, out of those that its parts were given. */
function keepClusters(action: RouteAction, auth: ExternalAuth | undefined, offered: RouteUses, uses: RouteUses): void {
  const forwards = action.kind === 'Forward' ? [...action.clusters, ...action.mirrors] : [];
  const named = new Set([...forwards, ...(auth === undefined ? [] : [auth])].map((entry) => entry.cluster));
  for (const request of offered.clusters()) if (named.has(request.name)) uses.addCluster(request);
}

function answer(statusCode: number, why: string): DirectResponse {
  return { kind: 'DirectResponse', statusCode, why };
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
  if (backends.some(({ backend }) => backend.hostname !== undefined)) {
    return refuse(findings, field, 'Sessions over several backends are not served where one is an XBackend.');
  }
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

/**
 * The session that a policy of the only backend asks for. A rule with several backends has none: it would draw all to
 * the one with the policy (GEP-1619).
 */
function sessionOfBackend(
  { read }: RuleContext,
  { backends, invalidWeight }: RuleBackends,
  key: string,
): SessionPersistence | undefined {
  const [only, ...others] = backends;
  if (only === undefined || others.length > 0 || invalidWeight > 0) return undefined;
  const { namespace, service } = only.backend;
  const spec = resolveBackendTraffic(read, namespace, service)?.sessionPersistence;
  return spec === undefined ? undefined : translateBackendSession(spec, key);
}

function translateForward(
  context: RuleContext,
  rule: RoutingRule,
  index: number,
  matches: readonly RouteMatch[],
  filters: Filters,
  findings: RuleFindings,
): RouteAction {
  const field = `spec.rules[${index}]`;
  const refs = rule.backendRefs ?? [];
  const resolved = resolveBackendRefs(context, refs, matches, `${field}.backendRefs`, findings);
  const clusters = weighBackends(resolved.backends, context.uses);
  const mirrors = translateMirrors(context, mirrorsOf(filters, resolved.backends), findings);
  const timeouts = translateTimeouts(rule.timeouts, `${field}.timeouts`, findings);
  const retry = rule.retry === undefined ? undefined : translateRetry(rule.retry, `${field}.retry`, findings);
  const place = `${field}.sessionPersistence`;
  const sessionKey = `${context.object}/${rule.name ?? index}`;
  const sessionPersistence =
    rule.sessionPersistence === undefined
      ? sessionOfBackend(context, resolved, sessionKey)
      : translateSessionPersistence(rule.sessionPersistence, sessionKey, place, findings);
  const unified =
    sessionPersistence === undefined ? undefined : unifyClusters(context, index, resolved, place, findings);
  const none = noBackend(context, refs.length, resolved);
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

/** What a rule without a backend answers: 500, or UNAVAILABLE to a gRPC client. */
function noBackend(
  { application }: RuleContext,
  count: number,
  { backends, invalidWeight }: RuleBackends,
): DirectResponse | undefined {
  if (backends.length > 0) return undefined;
  const status = application === 'Grpc' ? 503 : 500;
  if (count === 0) return answer(status, 'The rule has no backendRefs.');
  return answer(status, invalidWeight > 0 ? 'No backendRef can be used.' : 'All backendRefs have weight 0.');
}

function translateAction(
  context: RuleContext,
  rule: RoutingRule,
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

/** What a rule that can't be served answers; undefined for one that can. */
function answerOfBroken(
  { unreadable }: RuleContext,
  findings: RuleFindings,
  filters: Filters,
  auth: ExternalAuth | undefined,
): DirectResponse | undefined {
  if (unreadable !== undefined) return answer(500, unreadable);
  const [problem] = findings.invalid;
  if (problem !== undefined) return answer(500, problem.message);
  if (filters.externalAuth !== undefined && auth === undefined) {
    return answer(500, 'The server that is to be asked first (ExternalAuth) can not be used.');
  }
  return filters.blocked ? answer(500, 'A filter of the rule is unknown.') : undefined;
}

/** Translates the matches of a rule; those that can't be compared are left out. What is wrong goes to `findings`. */
export type TranslateMatches = (field: string, findings: RuleFindings) => readonly RouteMatch[];

/** Translates one rule. A rule with an error keeps its matches, so that no weaker rule takes their requests. */
export function translateRule(
  context: RuleContext,
  rule: RoutingRule,
  index: number,
  translateMatches: TranslateMatches,
): RuleTranslation {
  const findings: RuleFindings = { invalid: [], unresolved: [] };
  const offered = createRouteUses(context.from.namespace);
  const field = `spec.rules[${index}]`;
  const matches = translateMatches(`${field}.matches`, findings);
  const filters = translateFilters(rule.filters ?? [], matches, `${field}.filters`, findings);
  const offering = { ...context, uses: { ...context.uses, addCluster: offered.addCluster } };
  const action = translateAction(offering, rule, index, matches, filters, findings);
  const auth =
    filters.externalAuth === undefined ? undefined : translateExternalAuth(offering, filters.externalAuth, findings);
  const broken = answerOfBroken(context, findings, filters, auth);
  const cors = broken === undefined ? filters.cors : undefined;
  const externalAuth = broken === undefined ? auth : undefined;
  keepClusters(broken ?? action, externalAuth, offered, context.uses);
  return {
    index,
    ...(rule.name === undefined ? {} : { name: rule.name }),
    matches,
    action: broken ?? action,
    requestHeaders: broken === undefined ? filters.requestHeaders : noHeaderModification,
    responseHeaders: broken === undefined ? filters.responseHeaders : noHeaderModification,
    ...(cors === undefined ? {} : { cors }),
    ...(externalAuth === undefined ? {} : { externalAuth }),
    invalid: findings.invalid,
    unresolved: findings.unresolved,
  };
}
