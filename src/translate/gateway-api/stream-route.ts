import type { TCPRoute, TLSRoute, UDPRoute } from '../../../gen/kubernetes/types.ts';
import type { DatagramForward, StreamForward } from '../../ir/stream.ts';
import type { Read } from '../../snapshot/view.ts';
import type { StreamAttachment } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import type { Section } from '../section.ts';
import type { ParentSources } from './parent-ref.ts';
import { completeRoute, type RouteTranslation } from './route.ts';
import { hostnamesOf, precedenceOf } from './route-kind.ts';
import { resolveParents, type RouteParents } from './route-parent.ts';
import type { RuleOutcome } from './route-status.ts';
import { type StreamRoute, type StreamRule, translateDatagramRule, translateStreamRule } from './stream-rule.ts';
import { createRouteUses } from './use.ts';

type Offered =
  | { readonly kind: 'Stream'; readonly forward: StreamForward }
  | { readonly kind: 'Datagram'; readonly forward: DatagramForward };

/** Offers a route to each listener that takes it and serves, once, at the hostnames at which it does. */
function attach(
  route: StreamRoute,
  { matched }: RouteParents,
  offer: (section: Section) => Offered,
): readonly StreamAttachment[] {
  const precedence = precedenceOf(route);
  const requested = hostnamesOf(route).map((hostname) => hostname.toLowerCase());
  const byListener = new Map<string, StreamAttachment>();
  for (const { match } of matched) {
    const { gateway } = match.parent;
    for (const { listener, hostnames } of match.matches) {
      const { section } = listener;
      if (section === undefined) continue;
      const offered = offer(section);
      const { origin } = offered.forward;
      const place = { gateway, section: section.name, hostnames, requested, origin, precedence };
      byListener.set(`${gateway} ${section.name}`, { ...place, ...offered });
    }
  }
  return [...byListener.values()];
}

/** Translates a TCPRoute. */
export function translateTcpRoute(
  read: Read<ParentSources>,
  route: TCPRoute,
  options: TranslateOptions,
): RouteTranslation {
  const uses = createRouteUses(route.metadata.namespace ?? 'default');
  const { forward, outcome } = translateStreamRule(read, route, 'Tcp', uses);
  const parents = resolveParents(read, route);
  const attachments = attach(route, parents, () => ({ kind: 'Stream', forward }));
  const traffic = { attachments, clusters: uses.clusters(), services: uses.services() };
  return completeRoute(route, [outcome], parents, traffic, options);
}

/** Translates a UDPRoute. */
export function translateUdpRoute(
  read: Read<ParentSources>,
  route: UDPRoute,
  options: TranslateOptions,
): RouteTranslation {
  const uses = createRouteUses(route.metadata.namespace ?? 'default');
  const { forward, outcome } = translateDatagramRule(read, route, uses);
  const parents = resolveParents(read, route);
  const attachments = attach(route, parents, () => ({ kind: 'Datagram', forward }));
  const traffic = { attachments, clusters: uses.clusters(), services: uses.services() };
  return completeRoute(route, [outcome], parents, traffic, options);
}

/** The outcomes of one rule for several uses, as one: what is wrong in each is told once. */
function mergeOutcomes([first, ...rest]: readonly RuleOutcome[]): readonly RuleOutcome[] {
  if (first === undefined) return [];
  const unresolved = [first, ...rest].flatMap((outcome) => outcome.unresolved);
  const each = new Map(unresolved.map((problem) => [`${problem.field} ${problem.message}`, problem]));
  return [{ ...first, unresolved: [...each.values()] }];
}

/**
 * Translates a TLSRoute. What it sends on is the client's own TLS where a listener does not end it, else what was
 * inside, so that its backends are resolved for each mode in which a listener takes it.
 */
export function translateTlsRoute(
  read: Read<ParentSources>,
  route: TLSRoute,
  options: TranslateOptions,
): RouteTranslation {
  const uses = createRouteUses(route.metadata.namespace ?? 'default');
  const rules = new Map<'Tcp' | 'Tls', StreamRule<StreamForward>>();
  const ruleFor = (application: 'Tcp' | 'Tls'): StreamRule<StreamForward> => {
    const rule = rules.get(application) ?? translateStreamRule(read, route, application, uses);
    rules.set(application, rule);
    return rule;
  };
  const parents = resolveParents(read, route);
  const attachments = attach(route, parents, ({ protocol }) => ({
    kind: 'Stream',
    forward: ruleFor(protocol.kind === 'TlsTerminate' ? 'Tcp' : 'Tls').forward,
  }));
  // What is wrong is told also where no listener serves.
  if (rules.size === 0) ruleFor('Tls');
  const outcomes = mergeOutcomes([...rules.values()].map(({ outcome }) => outcome));
  const traffic = { attachments, clusters: uses.clusters(), services: uses.services() };
  return completeRoute(route, outcomes, parents, traffic, options);
}
