import type { BackendRef } from '../../../gen/kubernetes/types.ts';
import { originOf, routeName, ruleClusterName, streamClusterName } from '../../ir/name.ts';
import type { DatagramForward, StreamForward } from '../../ir/stream.ts';
import type { ReferenceSource } from '../../resolve/reference-grant.ts';
import { resolveBackend, type ServiceBackend } from '../../resolve/service.ts';
import { objectKey, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import { gatewayGroup } from './allowed-routes.ts';
import type { FieldProblem } from './finding.ts';
import type { AnyRoute } from './route-kind.ts';
import type { RuleOutcome } from './route-status.ts';
import type { RouteUses } from './use.ts';

/** A route of a kind that has one rule without matches. */
export type StreamRoute = AnyRoute & { readonly kind: 'TCPRoute' | 'TLSRoute' | 'UDPRoute' };

/** What the one rule comes to. */
export interface StreamRule<F> {
  readonly forward: F;
  readonly outcome: RuleOutcome;
}

interface Backends {
  readonly backends: readonly { readonly backend: ServiceBackend; readonly weight: number }[];
  /** At least 1 where there are no backends: then nothing is let through. */
  readonly invalidWeight: number;
  readonly unresolved: readonly FieldProblem[];
}

function resolveBackends(
  read: Read,
  from: ReferenceSource,
  refs: readonly BackendRef[],
  application: 'Tcp' | 'Tls' | 'Udp',
): Backends {
  const backends: { backend: ServiceBackend; weight: number }[] = [];
  const unresolved: FieldProblem[] = [];
  let invalidWeight = 0;
  refs.forEach((ref, index) => {
    const weight = ref.weight ?? 1;
    const backend = resolveBackend(read, from, ref, application);
    if (!backend.ok) {
      invalidWeight += weight;
      unresolved.push({ ...backend.error, field: `spec.rules[0].backendRefs[${index}]` });
    } else if (weight > 0) backends.push({ backend: backend.value, weight });
  });
  if (backends.length === 0) invalidWeight = Math.max(1, invalidWeight);
  return { backends, invalidWeight, unresolved };
}

function readRule(read: Read, route: StreamRoute, application: 'Tcp' | 'Tls' | 'Udp') {
  const [rule] = route.spec.rules;
  const origin = originOf(objectKey(refOf(route)));
  const from = { group: gatewayGroup, kind: route.kind, namespace: route.metadata.namespace ?? 'default' };
  const resolved = resolveBackends(read, from, rule?.backendRefs ?? [], application);
  const outcome: RuleOutcome = {
    index: 0,
    ...(rule?.name === undefined ? {} : { name: rule.name }),
    invalid: [],
    unresolved: resolved.unresolved,
  };
  return { ...resolved, origin, route: routeName(origin, rule?.name ?? 0, 0), outcome, refs: rule?.backendRefs ?? [] };
}

/** The rule of a route for connections. A BackendTLSPolicy is kept to, unless the client speaks TLS with the backend. */
export function translateStreamRule(
  read: Read,
  route: StreamRoute,
  application: 'Tcp' | 'Tls',
  uses: RouteUses,
): StreamRule<StreamForward> {
  const rule = readRule(read, route, application);
  if (application === 'Tcp') rule.refs.forEach(uses.addReference);
  const clusters = rule.backends.map(({ backend: { namespace, service, port }, weight }) => {
    const name = streamClusterName(namespace, service, port, application);
    uses.addCluster({ kind: 'StreamPort', name, namespace, service, port, application });
    return { cluster: name, weight };
  });
  const { origin, invalidWeight, outcome } = rule;
  return { forward: { route: rule.route, origin, clusters, invalidWeight }, outcome };
}

/** The rule of a route for datagrams: one cluster, as a session can't choose among several. */
export function translateDatagramRule(read: Read, route: StreamRoute, uses: RouteUses): StreamRule<DatagramForward> {
  const rule = readRule(read, route, 'Udp');
  const { origin, invalidWeight, outcome } = rule;
  const name = ruleClusterName(origin, 0);
  const backends = rule.backends.map(({ backend: { namespace, service, port }, weight }) => ({
    namespace,
    service,
    port,
    weight,
  }));
  uses.addCluster({ kind: 'Datagrams', name, backends, invalidWeight });
  return { forward: { route: rule.route, origin, cluster: name }, outcome };
}
