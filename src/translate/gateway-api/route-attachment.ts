import { originOf, type Origin, routeName } from '../../ir/name.ts';
import type { Route, RouteAction } from '../../ir/route.ts';
import { objectKey, refOf } from '../../snapshot/object.ts';
import type { HttpAttachment } from '../attachment.ts';
import { type EntryPoint, redirectAt } from './request-redirect.ts';
import { type AnyRoute, precedenceOf } from './route-kind.ts';
import type { RouteParents } from './route-parent.ts';
import type { RuleTranslation } from './rule.ts';

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
      ...(rule.externalAuth === undefined ? {} : { externalAuth: rule.externalAuth }),
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

/**
 * Offers the rules of a route to each listener that takes it, at the hostnames at which it does. They are offered even
 * if no rule can be served, so that their requests are refused rather than taken by a weaker route.
 */
export function attachRules(
  route: AnyRoute,
  { matched }: RouteParents,
  rules: readonly RuleTranslation[],
): readonly HttpAttachment[] {
  const origin = originOf(objectKey(refOf(route)));
  const routesOf = createRoutesCache(origin, origin, rules);
  const precedence = precedenceOf(route);
  // Several parentRefs may select one listener: it gets the route once.
  const byListener = new Map<string, HttpAttachment>();
  for (const { match } of matched) {
    for (const { listener, hostnames } of match.matches) {
      const { section } = listener;
      if (section === undefined) continue;
      const scheme = section.protocol.kind === 'Https' ? 'https' : 'http';
      const routes = routesOf({ scheme, port: section.port });
      if (routes.length === 0) continue;
      const { gateway } = match.parent;
      const attachment = {
        kind: 'Http',
        gateway,
        section: section.name,
        hostnames,
        origin,
        precedence,
        routes,
      } as const;
      byListener.set(`${gateway} ${section.name}`, attachment);
    }
  }
  return [...byListener.values()];
}
