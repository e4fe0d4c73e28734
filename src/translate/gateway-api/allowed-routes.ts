import type { LabelSelector, Listener, RouteGroupKind } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import { checkLabelSelector, matchesLabels } from '../../resolve/label-selector.ts';
import { type Read, readObject } from '../../snapshot/view.ts';
import type { RouteKind } from './route-kind.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

/** The namespaces that routes may attach from; a selector is one that can be evaluated. */
export type AllowedNamespaces =
  | { readonly from: 'All' }
  | { readonly from: 'Same' }
  | { readonly from: 'Selector'; readonly selector: LabelSelector };

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

export interface AllowedRoutesTranslation {
  readonly namespaces: AllowedNamespaces;
  /** What may attach, and what the status lists as supportedKinds. */
  readonly kinds: readonly GroupKind[];
  /** Some of the kinds can't attach here (InvalidRouteKinds). */
  readonly kindProblem?: Problem;
  /** The listener as a whole can't be accepted. */
  readonly problem?: Problem;
}

/** The kinds of routes that can attach to a listener of each protocol (ProtocolType). */
const kindsOfProtocol: ReadonlyMap<string, readonly RouteKind[]> = new Map([
  ['HTTP', ['HTTPRoute', 'GRPCRoute']],
  ['HTTPS', ['HTTPRoute', 'GRPCRoute']],
  ['TLS', ['TLSRoute']],
  ['TCP', ['TCPRoute']],
  ['UDP', ['UDPRoute']],
]);

function splitKinds(
  protocol: string,
  wanted: readonly RouteGroupKind[],
): Pick<AllowedRoutesTranslation, 'kinds' | 'kindProblem'> {
  const served = (kindsOfProtocol.get(protocol) ?? []).map((kind) => ({ group: gatewayGroup, kind }));
  if (wanted.length === 0) return { kinds: served };
  const isKind = (entry: RouteGroupKind, { group, kind }: GroupKind): boolean =>
    (entry.group ?? gatewayGroup) === group && entry.kind === kind;
  const unserved = wanted
    .filter((entry) => !served.some((kind) => isKind(entry, kind)))
    .map((entry) => `${entry.group ?? gatewayGroup}/${entry.kind}`);
  const kinds = served.filter((kind) => wanted.some((entry) => isKind(entry, kind)));
  if (unserved.length === 0) return { kinds };
  const message = `Routes of kind ${unserved.join(', ')} can't attach to this listener.`;
  return { kinds, kindProblem: { reason: 'InvalidRouteKinds', message } };
}

/** Reads what a listener says on the routes that may attach to it (Listener.allowedRoutes). */
export function translateAllowedRoutes(listener: Listener): AllowedRoutesTranslation {
  const allowed = listener.allowedRoutes;
  const kinds = splitKinds(listener.protocol, allowed?.kinds ?? []);
  const from = allowed?.namespaces?.from ?? 'Same';
  if (from !== 'Selector') {
    if (from === 'All' || from === 'Same') return { ...kinds, namespaces: { from } };
    const message = `allowedRoutes.namespaces.from ${String(from)} is unknown.`;
    return { ...kinds, namespaces: { from: 'Same' }, problem: { reason: 'UnsupportedValue', message } };
  }
  const selector = allowed?.namespaces?.selector;
  const objection = selector === undefined ? 'it is missing' : checkLabelSelector(selector);
  if (selector === undefined || objection !== undefined) {
    const message = `allowedRoutes.namespaces.selector can't be used: ${objection}.`;
    return { ...kinds, namespaces: { from: 'Same' }, problem: { reason: 'UnsupportedValue', message } };
  }
  return { ...kinds, namespaces: { from: 'Selector', selector } };
}

/** Whether a route's namespace is one that a listener takes routes from. */
export function isNamespaceAllowed(
  read: Read,
  allowed: AllowedNamespaces,
  gatewayNamespace: string,
  routeNamespace: string,
): boolean {
  switch (allowed.from) {
    case 'All':
      return true;
    case 'Same':
      return gatewayNamespace === routeNamespace;
    case 'Selector': {
      const labels = readObject(read, 'Namespace', '', routeNamespace)?.metadata.labels ?? {};
      // The API server sets this label on every namespace; a folder need not hold the Namespace at all.
      return matchesLabels(allowed.selector, { ...labels, 'kubernetes.io/metadata.name': routeNamespace });
    }
  }
}
