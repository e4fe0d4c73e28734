import type { ParentReference } from '../../../gen/kubernetes/types.ts';
import type { GatewayName, SectionName } from '../../ir/name.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { type ObjectRef, refOf } from '../../snapshot/object.ts';
import type { Attachment, ClusterRequest, Precedence } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition, Loss } from '../translation.ts';
import { type AnyRoute, precedenceOf } from './route-kind.ts';
import type { RouteParents } from './route-parent.ts';
import { diagnoseRoute, routeConditions, type RuleOutcome, type RuleSummary, summarizeRules } from './route-status.ts';

/** An entry of a route's `status.parents`, without times, and the listeners that take the route by it. */
export interface RouteParent {
  readonly parentRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
  readonly gateway: GatewayName;
  readonly sections: readonly SectionName[];
}

/** A listener that takes a route, so that its `attachedRoutes` count it. */
export interface AttachedListener {
  readonly gateway: GatewayName;
  readonly section: SectionName;
  /** Of the route, as far as they meet the listener's. */
  readonly hostnames: readonly string[];
}

/** All that a route comes to, of whatever kind. */
export interface RouteTranslation<A extends Attachment = Attachment> {
  readonly ref: ObjectRef;
  readonly precedence: Precedence;
  readonly attachments: readonly A[];
  readonly clusters: readonly ClusterRequest[];
  readonly parents: readonly RouteParent[];
  /** Each once. */
  readonly attached: readonly AttachedListener[];
  /** `namespace/name` of the Services that it names: with `attached` the ancestors of their policies. */
  readonly services: readonly string[];
  readonly losses: readonly Loss[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What the rules of a route bring. */
export type RouteTraffic<A extends Attachment> = Pick<RouteTranslation<A>, 'attachments' | 'clusters' | 'services'>;

function attachedListeners(summary: RuleSummary, { matched }: RouteParents): readonly AttachedListener[] {
  if (summary.refusal !== undefined) return [];
  const attached = new Map<string, AttachedListener>();
  for (const { match } of matched) {
    const { gateway } = match.parent;
    for (const { listener, hostnames } of match.matches) {
      const section = listener.sectionName;
      attached.set(`${gateway} ${section}`, { gateway, section, hostnames });
    }
  }
  return [...attached.values()];
}

/** Tells what became of a route beside the traffic that its rules bring. */
export function completeRoute<A extends Attachment>(
  route: AnyRoute,
  rules: readonly RuleOutcome[],
  parents: RouteParents,
  traffic: RouteTraffic<A>,
  options: TranslateOptions,
): RouteTranslation<A> {
  const summary = summarizeRules(route, rules);
  return {
    ref: refOf(route),
    precedence: precedenceOf(route),
    ...traffic,
    parents: parents.matched.map(({ parentRef, match }) => ({
      parentRef,
      controllerName: options.controllerName,
      conditions: routeConditions(route, match, summary),
      gateway: match.parent.gateway,
      sections: match.matches.map(({ listener }) => listener.sectionName),
    })),
    attached: attachedListeners(summary, parents),
    losses: parents.losses,
    diagnostics: diagnoseRoute(route, rules, parents.problems),
  };
}
