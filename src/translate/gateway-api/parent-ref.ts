import type { ParentReference } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName } from '../../ir/name.ts';
import type { Problem } from '../../resolve/problem.ts';
import { type Read, readObject } from '../../snapshot/view.ts';
import { gatewayGroup, isNamespaceAllowed } from './allowed-routes.ts';
import type { DefaultScope } from './default-gateway.ts';
import type { GatewayTranslation } from './gateway.ts';
import { intersectHostnames } from './hostname.ts';
import type { ListenerTranslation } from './listener.ts';
import { gatewayAsParent, type ListenerParent } from './listener-parent.ts';
import type { ListenerSetTranslation } from './listener-set.ts';
import { type AnyRoute, hostnamesOf } from './route-kind.ts';

/** What routes look up to attach. */
export interface ParentSources {
  /** The Gateways of our classes by their bounded name. */
  readonly gateways: ReadonlyMap<GatewayName, GatewayTranslation>;
  /** Those that routes attach to without naming them. */
  readonly defaultGateways: ReadonlyMap<DefaultScope, readonly GatewayTranslation[]>;
  /** The ListenerSets of these Gateways, by `namespace/name`. */
  readonly listenerSets: ReadonlyMap<string, ListenerSetTranslation>;
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
  readonly parent: ListenerParent;
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
  route: AnyRoute,
  parentRef: ParentReference,
  parent: ListenerParent,
  listener: ListenerTranslation,
): readonly string[] | Problem {
  const { sectionName, port } = parentRef;
  const wrongSection = sectionName !== undefined && sectionName !== '' && sectionName !== listener.name;
  if (wrongSection || (port !== undefined && port !== listener.port)) {
    const message = `Listener ${listener.name} on port ${listener.port} is not the one that the parentRef names.`;
    return { reason: 'NoMatchingParent', message };
  }
  if (!listener.supportedKinds.some((entry) => entry.group === gatewayGroup && entry.kind === route.kind)) {
    return { reason: 'NotAllowedByListeners', message: `Listener ${listener.name} takes no ${route.kind}s.` };
  }
  if (parent.role === 'Egress') {
    const message = `An egress Gateway takes Egress objects, and no ${route.kind}s.`;
    return { reason: 'NotAllowedByListeners', message };
  }
  const namespace = route.metadata.namespace ?? 'default';
  if (!isNamespaceAllowed(read, listener.namespaces, parent.object.namespace, namespace)) {
    const message = `Listener ${listener.name} takes no routes from namespace ${namespace} (allowedRoutes).`;
    return { reason: 'NotAllowedByListeners', message };
  }
  const hostnames = intersectHostnames(listener.hostname, hostnamesOf(route));
  if (hostnames.length > 0) return hostnames;
  const message = `No hostname of the route matches ${listener.hostname} of listener ${listener.name}.`;
  return { reason: 'NoMatchingListenerHostname', message };
}

function isProblem(outcome: readonly string[] | Problem): outcome is Problem {
  return 'reason' in outcome;
}

function describeUnmatched({ kind = 'Gateway', sectionName, port }: ParentReference): string {
  const wanted = [
    ...(sectionName === undefined ? [] : [`named ${sectionName}`]),
    ...(port === undefined ? [] : [`on port ${port}`]),
  ];
  return `The ${kind} has no listener ${wanted.join(' ')}.`;
}

/** Finds the listeners of a Gateway, or of a ListenerSet, that take a route by one parentRef (CommonRouteSpec.parentRefs). */
export function matchParent(
  read: Read,
  route: AnyRoute,
  parentRef: ParentReference,
  parent: ListenerParent,
): ParentMatch {
  if (parent.refusal !== undefined) {
    const problem = { reason: 'NoMatchingParent', message: parent.refusal.message };
    return { parent, matches: [], losses: [problem], problem };
  }
  const matches: ListenerMatch[] = [];
  const losses: ListenerLoss[] = [];
  for (const listener of parent.listeners) {
    const outcome = matchListener(read, route, parentRef, parent, listener);
    if (isProblem(outcome)) losses.push({ listener: listener.sectionName, ...outcome });
    else matches.push({ listener, hostnames: outcome });
  }
  if (matches.length > 0) return { parent, matches, losses };
  const [closest] = losses.toSorted((a, b) => closeness.indexOf(b.reason) - closeness.indexOf(a.reason));
  const reason = closest?.reason ?? 'NoMatchingParent';
  const said = losses.filter((loss) => loss.reason === reason).map((loss) => loss.message);
  const message = reason === 'NoMatchingParent' ? describeUnmatched(parentRef) : said.join(' ');
  return { parent, matches, losses, problem: { reason, message } };
}

export type ParentLookup =
  | { readonly kind: 'Found'; readonly parent: ListenerParent }
  /** Of another controller, or a Service, whose routes are the mesh's: nothing is to be said. */
  | { readonly kind: 'Foreign' }
  | { readonly kind: 'Missing'; readonly problem: Problem };

function missing(reason: string, message: string): ParentLookup {
  return { kind: 'Missing', problem: { reason, message } };
}

function resolveGateway(read: Read<ParentSources>, namespace: string, name: string): ParentLookup {
  const gateway = read('gateways', gatewayName(namespace, name));
  if (gateway !== undefined) return { kind: 'Found', parent: gatewayAsParent(gateway) };
  if (readObject(read, 'Gateway', namespace, name) !== undefined) return { kind: 'Foreign' };
  return missing('NoMatchingParent', `Gateway ${namespace}/${name} does not exist.`);
}

function resolveListenerSet(read: Read<ParentSources>, namespace: string, name: string): ParentLookup {
  const parent = read('listenerSets', `${namespace}/${name}`);
  if (parent !== undefined) return { kind: 'Found', parent };
  // The ListenerSet of a Gateway that is not ours is told about by itself, where there is something to tell.
  if (readObject(read, 'ListenerSet', namespace, name) !== undefined) return { kind: 'Foreign' };
  return missing('NoMatchingParent', `ListenerSet ${namespace}/${name} does not exist.`);
}

/** Finds the Gateway of ours, or the ListenerSet of one, that a parentRef names. */
export function resolveParent(
  read: Read<ParentSources>,
  parentRef: ParentReference,
  routeNamespace: string,
): ParentLookup {
  const { group = gatewayGroup, kind = 'Gateway', name } = parentRef;
  const namespace = parentRef.namespace ?? routeNamespace;
  if (group === '' && kind === 'Service') return { kind: 'Foreign' };
  if (group === gatewayGroup && kind === 'Gateway') return resolveGateway(read, namespace, name);
  if (group === gatewayGroup && kind === 'ListenerSet') return resolveListenerSet(read, namespace, name);
  const message = `Routes can't attach to ${kind} ${namespace}/${name}, only to Gateways and ListenerSets.`;
  return missing('UnsupportedValue', message);
}
