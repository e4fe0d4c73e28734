import type { Application } from '../../resolve/service.ts';
import { type ObjectTypes, objectKey, refOf, unreadableOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { HttpAttachment } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import { gatewayGroup } from './allowed-routes.ts';
import type { ParentSources } from './parent-ref.ts';
import { completeRoute, type RouteTranslation } from './route.ts';
import { attachRules } from './route-attachment.ts';
import { resolveParents } from './route-parent.ts';
import type { RuleTranslation } from './rule.ts';
import type { RuleContext } from './rule-context.ts';
import { createRouteUses } from './use.ts';

/** Translates a route of requests, which are of one application: its rules once, and then to each listener that takes it. */
export function translateRequestRoute(
  read: Read<ParentSources>,
  route: ObjectTypes['HTTPRoute' | 'GRPCRoute'],
  application: Application,
  options: TranslateOptions,
  translateRules: (context: RuleContext) => readonly RuleTranslation[],
): RouteTranslation<HttpAttachment> {
  const namespace = route.metadata.namespace ?? 'default';
  const uses = createRouteUses(namespace);
  const from = { group: gatewayGroup, kind: route.kind, namespace };
  const unreadable = unreadableOf(route);
  const rules = translateRules({ read, object: objectKey(refOf(route)), from, application, unreadable, uses });
  const parents = resolveParents(read, route);
  const attachments = attachRules(route, parents, rules);
  const traffic = { attachments, clusters: uses.clusters(), services: uses.services() };
  return completeRoute(route, rules, parents, traffic, options);
}
