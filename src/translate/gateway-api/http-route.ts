import type { HTTPRoute, ParentReference } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName, originOf, type Origin, routeName } from '../../ir/name.ts';
import type { Route, RouteAction } from '../../ir/route.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { objectKey, refOf, type ObjectRef } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { Attachment, ClusterRequest } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition, Loss } from '../translation.ts';
import { gatewayGroup } from './allowed-routes.ts';
import { type GatewaySource, type ListenerLoss, matchParent, type ParentMatch, resolveParent } from './parent-ref.ts';
import { type EntryPoint, redirectAt } from './request-redirect.ts';
import { diagnoseRoute, type ParentProblem, routeConditions, summarizeRules } from './route-status.ts';
import { type RuleTranslation, translateRule } from './rule.ts';
import { createRouteUses } from './use.ts';

/** An entry of a route's `status.parents`, without times. */
export interface RouteParent {
  readonly parentRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** All that an HTTPRoute comes to. */
export interface HttpRouteTranslation {
  readonly attachments: readonly Attachment[];
  readonly clusters: readonly ClusterRequest[];
  readonly parents: readonly RouteParent[];
  /** The listeners whose `attachedRoutes` count this route, each once. */
  readonly attached: readonly { readonly gateway: GatewayName; readonly listener: string }[];
  /** `namespace/name` of the Services that it names: with `attached` the ancestors of their policies. */
  readonly services: readonly string[];
  readonly losses: readonly Loss[];
  readonly diagnostics: readonly Diagnostic[];
}

function actionAt(action: RouteAction, entry: EntryPoint): RouteAction {
  return action.kind === 'Redirect' ? redirectAt(action, entry) : action;
}

/** The routes of all rules as they are at one entry point, in the order of the object. */
function routesAt(
  object: string,
  origin: Origin,
  rules: readonly RuleTranslation[],
  entry: EntryPoint,
): readonly Route[] {
  return rules.flatMap((rule) => {
    const action = actionAt(rule.action, entry);
    return rule.matches.map((match, index): Route => ({
      name: routeName(object, rule.name ?? rule.index, index),
      origin,
      rule: rule.index,
      ...(rule.name === undefined ? {} : { ruleName: rule.name }),
      match,
      action,
      requestHeaders: rule.requestHeaders,
      responseHeaders: rule.responseHeaders,
      ...(rule.cors === undefined ? {} : { cors: rule.cors }),
    }));
  });
}

/** Makes the routes once for each kind of entry point; without a redirect all entry points are of one kind. */
function createRoutesCache(object: string, origin: Origin, rules: readonly RuleTranslation[]) {
  const varies = rules.some((rule) => rule.action.kind === 'Redirect');
  const made = new Map<string, readonly Route[]>();
  return (entry: EntryPoint): readonly Route[] => {
    const key = varies ? `${entry.scheme}:${entry.port}` : '';
    const known = made.get(key);
    if (known !== undefined) return known;
    const routes = routesAt(object, origin, rules, entry);
    made.set(key, routes);
    return routes;
  };
}

function attach(
  route: HTTPRoute,
  parents: readonly ParentMatch[],
  origin: Origin,
  routesOf: (entry: EntryPoint) => readonly Route[],
): readonly Attachment[] {
  const precedence = {
    createdAt: route.metadata.creationTimestamp ?? '',
    object: `${route.metadata.namespace ?? 'default'}/${route.metadata.name}`,
  };
  // Several parentRefs may select one listener: it gets the route once.
  const byListener = new Map<string, Attachment>();
  for (const { gateway, matches } of parents) {
    for (const { listener, hostnames } of matches) {
      const { section } = listener;
      if (section === undefined) continue;
      const scheme = section.protocol.kind === 'Https' ? 'https' : 'http';
      const routes = routesOf({ scheme, port: section.port });
      if (routes.length === 0) continue;
      const attachment = { gateway: gateway.name, section: section.name, hostnames, origin, precedence, routes };
      byListener.set(`${gateway.name} ${section.name}`, attachment);
    }
  }
  return [...byListener.values()];
}

/** Only what a parentRef can hold, in a fixed order, so that equal references are written alike. */
function normalizeParentRef({ group, kind, namespace, name, sectionName, port }: ParentReference): ParentReference {
  return {
    group: group ?? gatewayGroup,
    kind: kind ?? 'Gateway',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(sectionName === undefined ? {} : { sectionName }),
    ...(port === undefined ? {} : { port }),
  };
}

interface Parents {
  readonly matched: readonly { readonly parentRef: ParentReference; readonly match: ParentMatch }[];
  readonly losses: readonly Loss[];
  readonly problems: readonly ParentProblem[];
}

/** The losses of one parentRef, as all of translation tells them. */
function lossesOf(object: ObjectRef, parentRef: ParentReference, losses: readonly ListenerLoss[]): readonly Loss[] {
  const gateway = gatewayName(parentRef.namespace ?? object.namespace, parentRef.name);
  return losses.map((loss) => ({ object, gateway, ...loss }));
}

function resolveParents(read: Read<GatewaySource>, route: HTTPRoute): Parents {
  const matched: { parentRef: ParentReference; match: ParentMatch }[] = [];
  const losses: Loss[] = [];
  const problems: ParentProblem[] = [];
  (route.spec.parentRefs ?? []).forEach((written, index) => {
    const field = `spec.parentRefs[${index}]`;
    const parentRef = normalizeParentRef(written);
    const parent = resolveParent(read, read, parentRef, route.metadata.namespace ?? 'default');
    if (parent.kind === 'Foreign') return;
    if (parent.kind === 'Missing') {
      losses.push(...lossesOf(refOf(route), parentRef, [parent.problem]));
      problems.push({ field, problem: parent.problem, severity: 'warning' });
      return;
    }
    const match = matchParent(read, route, parentRef, parent.gateway);
    matched.push({ parentRef, match });
    losses.push(...lossesOf(refOf(route), parentRef, match.losses));
    if (match.problem !== undefined) problems.push({ field, problem: match.problem, severity: 'error' });
  });
  return { matched, losses, problems };
}

/**
 * Translates an HTTPRoute: its rules once, and then to each listener that takes it. It is attached where a listener
 * takes it even if no rule can be served, so that its requests are refused rather than taken by a weaker route.
 */
export function translateHttpRoute(
  read: Read<GatewaySource>,
  route: HTTPRoute,
  options: TranslateOptions,
): HttpRouteTranslation {
  const namespace = route.metadata.namespace ?? 'default';
  const origin = originOf(objectKey(refOf(route)));
  const uses = createRouteUses(namespace);
  const context = { read, object: origin, from: { group: gatewayGroup, kind: 'HTTPRoute', namespace }, uses };
  const rules = (route.spec.rules ?? [{}]).map((rule, index) => translateRule(context, rule, index));
  const summary = summarizeRules(route, rules);
  const { matched, losses, problems } = resolveParents(read, route);
  const parents = matched.map(({ parentRef, match }) => ({
    parentRef,
    controllerName: options.controllerName,
    conditions: routeConditions(route, match, summary),
  }));
  const attachments = attach(
    route,
    matched.map(({ match }) => match),
    origin,
    createRoutesCache(origin, origin, rules),
  );
  const attached = new Map<string, { readonly gateway: GatewayName; readonly listener: string }>();
  if (summary.refusal === undefined) {
    for (const { match } of matched) {
      for (const { listener } of match.matches) {
        const entry = { gateway: match.gateway.name, listener: listener.name };
        attached.set(`${entry.gateway} ${entry.listener}`, entry);
      }
    }
  }
  return {
    attachments,
    clusters: uses.clusters(),
    parents,
    attached: [...attached.values()],
    services: uses.services(),
    losses,
    diagnostics: diagnoseRoute(route, rules, summary, problems),
  };
}
