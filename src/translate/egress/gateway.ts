import type { Gateway, Listener } from '../../../gen/kubernetes/types.ts';
import type { Front } from '../../ir/front.ts';
import { gatewayName, originOf, type GatewayName, type Origin, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { type ObjectRef, objectKey, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import {
  type AllowedNamespaces,
  gatewayGroup,
  type GroupKind,
  translateAllowedRoutes,
} from '../gateway-api/allowed-routes.ts';
import { findBoundPortProblem } from '../gateway-api/bound-port.ts';
import { createConditionMaker, unsupportedFieldsType } from '../gateway-api/condition.ts';
import { defaultScopeOf } from '../gateway-api/default-gateway.ts';
import { resolveClassRole } from '../gateway-api/gateway-class.ts';
import { resolveGatewayServing, type Serving } from '../gateway-api/gateway-serving.ts';
import { resolveListenerCertificates } from '../gateway-api/listener-certificate.ts';
import { listenerConditions } from '../gateway-api/listener-condition.ts';
import { socketOf } from '../gateway-api/listener-protocol.ts';
import { noTakenPorts, type TakenPorts } from '../gateway-api/taken-port.ts';
import { findUnsupportedFields } from '../gateway-api/unsupported-field.ts';
import { frontOf } from '../front.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition } from '../translation.ts';

/** A listener of an egress Gateway, as Egress objects attach to it. */
export interface EgressSection {
  readonly name: string;
  readonly port: number;
  readonly kind: 'ForwardProxy' | 'ServerName';
  /** Of a forward proxy over TLS; empty for plain text. */
  readonly certificates: readonly SecretName[];
  readonly namespaces: AllowedNamespaces;
}

interface EgressListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly GroupKind[];
  readonly conditions: readonly Condition[];
}

/** All that an egress Gateway comes to by itself. */
export interface EgressGateway {
  readonly name: GatewayName;
  readonly gateway: ObjectRef;
  readonly origin: Origin;
  /** To bind; empty where the Gateway is not served. */
  readonly addresses: readonly string[];
  /** Those that are served. */
  readonly sections: readonly EgressSection[];
  readonly secrets: readonly TlsSecret[];
  readonly conditions: readonly Condition[];
  readonly listeners: readonly EgressListenerStatus[];
  readonly diagnostics: readonly Diagnostic[];
}

const egressKind: GroupKind = { group: 'sallyport.dev', kind: 'Egress' };

interface Findings {
  readonly refusals: Problem[];
  readonly unresolved: Problem[];
  readonly secrets: TlsSecret[];
}

function findKinds(listener: Listener, findings: Findings): readonly GroupKind[] {
  const wanted = listener.allowedRoutes?.kinds ?? [];
  if (wanted.length === 0) return [egressKind];
  const isEgress = (entry: { readonly group?: string; readonly kind: string }) =>
    (entry.group ?? gatewayGroup) === egressKind.group && entry.kind === egressKind.kind;
  const others = wanted
    .filter((entry) => !isEgress(entry))
    .map((entry) => `${entry.group ?? gatewayGroup}/${entry.kind}`);
  if (others.length > 0) {
    const message = `Only sallyport.dev/Egress attaches to a listener of an egress Gateway, not ${others.join(', ')}.`;
    findings.unresolved.push({ reason: 'InvalidRouteKinds', message });
  }
  return wanted.some(isEgress) ? [egressKind] : [];
}

type Kind = Pick<EgressSection, 'kind' | 'certificates'>;

function findKind(read: Read, gateway: Gateway, listener: Listener, findings: Findings): Kind | undefined {
  const refuse = (reason: string, message: string) => void findings.refusals.push({ reason, message });
  const { protocol, tls } = listener;
  switch (protocol) {
    case 'HTTP':
      if (tls !== undefined) refuse('UnsupportedValue', 'An HTTP listener takes no tls.');
      return { kind: 'ForwardProxy', certificates: [] };
    case 'HTTPS': {
      if ((tls?.mode ?? 'Terminate') !== 'Terminate') {
        refuse('UnsupportedValue', 'A forward proxy over TLS needs tls.mode Terminate; protocol TLS passes through.');
      }
      if (gateway.spec.tls?.frontend !== undefined) {
        refuse(
          'UnsupportedValue',
          'Client certificates are not checked by an egress Gateway; callers are known by their Pods.',
        );
      }
      const resolved = resolveListenerCertificates(read, gateway, listener, true);
      findings.unresolved.push(...resolved.problems);
      const secrets = resolved.certificates.map((certificate) => certificate.secret);
      findings.secrets.push(...secrets);
      const certificates = secrets.map((secret) => secret.name);
      return certificates.length === 0 ? undefined : { kind: 'ForwardProxy', certificates };
    }
    case 'TLS':
      if (tls?.mode !== 'Passthrough')
        refuse('UnsupportedValue', 'Protocol TLS needs tls.mode Passthrough on an egress Gateway.');
      return { kind: 'ServerName', certificates: [] };
    default:
      refuse(
        'UnsupportedProtocol',
        `Protocol ${protocol} is not served by an egress Gateway; HTTP, HTTPS and TLS are.`,
      );
      return undefined;
  }
}

/** Each port of an egress Gateway has one listener: hosts are the Egress objects' to name. */
function findGeneral(
  gateway: Gateway,
  listener: Listener,
  options: TranslateOptions,
  taken: TakenPorts,
  findings: Findings,
): void {
  if (listener.hostname !== undefined && listener.hostname !== '') {
    const message = 'A listener of an egress Gateway takes no hostname; Egress objects name the hosts.';
    findings.refusals.push({ reason: 'UnsupportedValue', message });
  }
  const others = gateway.spec.listeners.filter((other) => other !== listener && other.port === listener.port);
  if (others.length > 0) {
    const message = `Port ${listener.port} is also asked for by listener ${others.map((other) => other.name).join(', ')}.`;
    const same = others.every((other) => other.protocol === listener.protocol);
    findings.refusals.push({ reason: same ? 'HostnameConflict' : 'ProtocolConflict', message });
  }
  const tlsOptions = Object.keys(listener.tls?.options ?? {});
  if (tlsOptions.length > 0) {
    findings.refusals.push({
      reason: 'UnsupportedValue',
      message: `No TLS option is known: ${tlsOptions.join(', ')}.`,
    });
  }
  const holder = taken.get(socketOf(listener));
  if (holder !== undefined) {
    findings.refusals.push({
      reason: 'PortUnavailable',
      message: `Gateway ${holder} on this host has port ${listener.port} already.`,
    });
  }
  const unbound = findBoundPortProblem(listener.port, options);
  if (unbound !== undefined) findings.refusals.push(unbound);
}

function conflictOf(refusals: readonly Problem[]): Problem | undefined {
  return refusals.find(({ reason }) => reason === 'HostnameConflict' || reason === 'ProtocolConflict');
}

interface ListenerOutcome {
  readonly section?: EgressSection;
  readonly secrets: readonly TlsSecret[];
  readonly status: EgressListenerStatus;
  readonly problems: readonly Problem[];
}

function translateListener(
  read: Read,
  gateway: Gateway,
  listener: Listener,
  serving: Serving,
  options: TranslateOptions,
  taken: TakenPorts,
): ListenerOutcome {
  const findings: Findings = { refusals: [], unresolved: [], secrets: [] };
  findGeneral(gateway, listener, options, taken, findings);
  const kind = findKind(read, gateway, listener, findings);
  const supportedKinds = findKinds(listener, findings);
  const { namespaces, problem } = translateAllowedRoutes(listener);
  if (problem !== undefined) findings.refusals.push(problem);
  const served = serving !== 'NotServed' && kind !== undefined && findings.refusals.length === 0;
  const { name, port } = listener;
  const conflict = conflictOf(findings.refusals);
  const conditions = listenerConditions(gateway, { ...findings, conflict }, served && serving === 'Served');
  return {
    // Without a kind that attaches it still listens, and denies everything.
    ...(served ? { section: { name, port, namespaces, ...kind } } : {}),
    secrets: served ? findings.secrets : [],
    status: { name, supportedKinds, conditions },
    problems: [...findings.refusals, ...findings.unresolved],
  };
}

function gatewayConditions(
  gateway: Gateway,
  refusal: Problem | undefined,
  unusable: Problem | undefined,
  outcomes: readonly ListenerOutcome[],
  unsupported: readonly Problem[],
): readonly Condition[] {
  const { yes, no } = createConditionMaker(gateway);
  const idle = outcomes.filter((outcome) => outcome.section === undefined).map((outcome) => outcome.status.name);
  const none = idle.length === outcomes.length;
  const programmed =
    refusal ??
    unusable ??
    (none ? { reason: 'Invalid', message: `No listener can be served: ${idle.join(', ')}.` } : undefined);
  const problem =
    refusal ??
    (none && unusable === undefined
      ? { reason: 'ListenersNotValid', message: `No listener is valid: ${idle.join(', ')}.` }
      : undefined);
  const some = idle.length === 0 ? '' : `, apart from listener ${idle.join(', ')}`;
  return [
    problem === undefined
      ? yes('Accepted', idle.length === 0 ? 'Accepted' : 'ListenersNotValid', `The Gateway is valid${some}.`)
      : no('Accepted', problem),
    programmed === undefined
      ? yes('Programmed', 'Programmed', `All listeners are served${some}.`)
      : no('Programmed', {
          reason: programmed === unusable ? programmed.reason : 'Invalid',
          message: programmed.message,
        }),
    ...(unsupported.length === 0
      ? []
      : [yes(unsupportedFieldsType, 'UnsupportedValue', unsupported.map((problem) => problem.message).join(' '))]),
  ];
}

/** What an egress Gateway is served without. */
function findUnsupported(gateway: Gateway, front: Front | undefined): readonly Problem[] {
  const problems = [...findUnsupportedFields(gateway)];
  const ignore = (message: string) => void problems.push({ reason: 'UnsupportedValue', message });
  const from = gateway.spec.allowedListeners?.namespaces?.from ?? 'None';
  if (from !== 'None') {
    ignore(`allowedListeners.namespaces.from ${from} has no effect: an egress Gateway takes no ListenerSets.`);
  }
  const scope = defaultScopeOf(gateway);
  if (scope !== undefined) ignore(`defaultScope ${scope} has no effect: an egress Gateway takes no routes.`);
  if (gateway.spec.tls?.backend !== undefined) {
    ignore('tls.backend has no effect on an egress Gateway: each rule of an Egress names its client certificate.');
  }
  if (front !== undefined) {
    ignore(
      'proxyProtocol and trustedHops of a GatewayTemplate have no effect on an egress Gateway: Pods call it directly.',
    );
  }
  return problems;
}

/** Translates a Gateway of class `sallyport-egress`; undefined for all others. `taken` are ports that other Gateways have. */
export function translateEgressGateway(
  read: Read,
  gateway: Gateway,
  options: TranslateOptions,
  taken: TakenPorts = noTakenPorts,
): EgressGateway | undefined {
  if (resolveClassRole(read, gateway.spec.gatewayClassName, options) !== 'Egress') return undefined;
  const { serving, addresses, refusal, unusable, template } = resolveGatewayServing(read, gateway, options);
  const outcomes = gateway.spec.listeners.map((listener) =>
    translateListener(read, gateway, listener, serving, options, taken),
  );
  const object = refOf(gateway);
  const own = [refusal, unusable].flatMap((problem) => problem ?? []);
  const diagnostics: Diagnostic[] = own.map((problem) => ({ severity: 'error', ...problem, object, field: 'spec' }));
  const withoutEffect = findUnsupported(gateway, frontOf(template));
  for (const problem of withoutEffect) diagnostics.push({ severity: 'warning', ...problem, object, field: 'spec' });
  outcomes.forEach(({ problems }, index) => {
    for (const problem of problems)
      diagnostics.push({ severity: 'error', ...problem, object, field: `spec.listeners[${index}]` });
  });
  return {
    name: gatewayName(object.namespace, object.name),
    gateway: object,
    origin: originOf(objectKey(object)),
    addresses,
    sections: outcomes.flatMap((outcome) => outcome.section ?? []),
    secrets: outcomes.flatMap((outcome) => outcome.secrets),
    conditions: gatewayConditions(gateway, refusal, unusable, outcomes, withoutEffect),
    listeners: outcomes.map((outcome) => outcome.status),
    diagnostics,
  };
}
