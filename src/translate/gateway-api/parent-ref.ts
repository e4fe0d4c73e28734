import type { HTTPRoute, ParentReference } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName } from '../../ir/name.ts';
import type { Problem } from '../../resolve/problem.ts';
import { type Read, readObject } from '../../snapshot/view.ts';
import { gatewayGroup, isNamespaceAllowed } from './allowed-routes.ts';
import type { GatewayTranslation } from './gateway.ts';
import { intersectHostnames } from './hostname.ts';
import type { ListenerTranslation } from './listener.ts';

/** The Gateways of our classes by their bounded name, which routes look up to attach. */
export interface GatewaySource {
  readonly gateways: ReadonlyMap<GatewayName, GatewayTranslation>;
}

/** A listener that takes a route, and the hostnames at which it does. */
export interface ListenerMatch {
  readonly listener: ListenerTranslation;
  readonly hostnames: readonly string[];
}

/** A listener that does not take a route, and why; without `listener` the parent as a whole. */
export interface ListenerLoss {
  readonly listener?: string;
  readonly reason: string;
  readonly message: string;
}

export interface ParentMatch {
  readonly gateway: GatewayTranslation;
  readonly matches: readonly ListenerMatch[];
  /** Set where no listener takes the route. */
  readonly problem?: Problem;
  readonly losses: readonly ListenerLoss[];
}

// When listeners refuse a route for different reasons, the one that came closest is told.
const closeness: readonly string[] = ['NoMatchingParent', 'NotAllowedByListeners', 'NoMatchingListenerHostname'];

/** Why a listener does not take a route, or the hostnames at which it does. */
function matchListener(
  read: Read,
  route: HTTPRoute,
  parentRef: ParentReference,
  gateway: GatewayTranslation,
  listener: ListenerTranslation,
): readonly string[] | Problem {
  const { sectionName, port } = parentRef;
  const wrongSection = sectionName !== undefined && sectionName !== '' && sectionName !== listener.name;
  if (wrongSection || (port !== undefined && port !== listener.port)) {
    const message = `Listener ${listener.name} on port ${listener.port} is not the one that the parentRef names.`;
    return { reason: 'NoMatchingParent', message };
  }
  if (!listener.supportedKinds.some((entry) => entry.group === gatewayGroup && entry.kind === 'HTTPRoute')) {
    return { reason: 'NotAllowedByListeners', message: `Listener ${listener.name} takes no HTTPRoutes.` };
  }
  if (gateway.role === 'Egress') {
    return { reason: 'NotAllowedByListeners', message: 'An egress Gateway takes Egress objects, and no HTTPRoutes.' };
  }
  const namespace = route.metadata.namespace ?? 'default';
  if (!isNamespaceAllowed(read, listener.namespaces, gateway.gateway.namespace, namespace)) {
    const message = `Listener ${listener.name} takes no routes from namespace ${namespace} (allowedRoutes).`;
    return { reason: 'NotAllowedByListeners', message };
  }
  const hostnames = intersectHostnames(listener.hostname, route.spec.hostnames ?? []);
  if (hostnames.length > 0) return hostnames;
  const message = `No hostname of the route matches ${listener.hostname} of listener ${listener.name}.`;
  return { reason: 'NoMatchingListenerHostname', message };
}

function isProblem(outcome: readonly string[] | Problem): outcome is Problem {
  return 'reason' in outcome;
}

function describeUnmatched({ sectionName, port }: ParentReference): string {
  const wanted = [
    ...(sectionName === undefined ? [] : [`named ${sectionName}`]),
    ...(port === undefined ? [] : [`on port ${port}`]),
  ];
  return `The Gateway has no listener ${wanted.join(' ')}.`;
}

/** Finds the listeners of a Gateway that take a route by one parentRef (CommonRouteSpec.parentRefs). */
export function matchParent(
  read: Read,
  route: HTTPRoute,
  parentRef: ParentReference,
  gateway: GatewayTranslation,
): ParentMatch {
  const matches: ListenerMatch[] = [];
  const losses: ListenerLoss[] = [];
  for (const listener of gateway.listeners) {
    const outcome = matchListener(read, route, parentRef, gateway, listener);
    if (isProblem(outcome)) losses.push({ listener: listener.name, ...outcome });
    else matches.push({ listener, hostnames: outcome });
  }
  if (matches.length > 0) return { gateway, matches, losses };
  const [closest] = losses.toSorted((a, b) => closeness.indexOf(b.reason) - closeness.indexOf(a.reason));
  const reason = closest?.reason ?? 'NoMatchingParent';
  const said = losses.filter((loss) => loss.reason === reason).map((loss) => loss.message);
  const message = reason === 'NoMatchingParent' ? describeUnmatched(parentRef) : said.join(' ');
  return { gateway, matches, losses, problem: { reason, message } };
}

export type ParentLookup =
  | { readonly kind: 'Gateway'; readonly gateway: GatewayTranslation }
  /** Of another controller, or a Service, whose routes are the mesh's: nothing is to be said. */
  | { readonly kind: 'Foreign' }
  | { readonly kind: 'Missing'; readonly problem: Problem };

/** Finds the Gateway of ours that a parentRef names. */
export function resolveParent(
  read: Read,
  lookup: (source: 'gateways', key: string) => GatewayTranslation | undefined,
  parentRef: ParentReference,
  routeNamespace: string,
): ParentLookup {
  const { group = gatewayGroup, kind = 'Gateway', name } = parentRef;
  const namespace = parentRef.namespace ?? routeNamespace;
  if (group === '' && kind === 'Service') return { kind: 'Foreign' };
  if (group !== gatewayGroup || kind !== 'Gateway') {
    const message = `Routes can't attach to ${kind} ${namespace}/${name}, only to Gateways.`;
    return { kind: 'Missing', problem: { reason: 'UnsupportedValue', message } };
  }
  const gateway = lookup('gateways', gatewayName(namespace, name));
  if (gateway !== undefined) return { kind: 'Gateway', gateway };
  if (readObject(read, 'Gateway', namespace, name) !== undefined) return { kind: 'Foreign' };
  const message = `Gateway ${namespace}/${name} does not exist.`;
  return { kind: 'Missing', problem: { reason: 'NoMatchingParent', message } };
}
