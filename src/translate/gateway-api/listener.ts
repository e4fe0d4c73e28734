import type { Gateway, Listener, ListenerSet } from '../../../gen/kubernetes/types.ts';
import { listenerSetSectionName, originOf, sectionName, type SectionName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { ResolvedCertificate } from '../../resolve/secret.ts';
import { objectKey, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { Section, SectionProtocol } from '../section.ts';
import type { Condition } from '../translation.ts';
import { type AllowedNamespaces, type GroupKind, translateAllowedRoutes } from './allowed-routes.ts';
import { findBoundPortProblem } from './bound-port.ts';
import { createConditionMaker } from './condition.ts';
import type { Serving } from './gateway-serving.ts';
import { listenerConditions } from './listener-condition.ts';
import { findOverlappingListeners } from './listener-conflict.ts';
import type { ListenerOwner } from './listener-owner.ts';
import { hostnameOf, isServedProtocol, servedProtocols, socketOf } from './listener-protocol.ts';
import { endTls, leavesCertificatesToIngresses, type ListenerFindings } from './listener-tls.ts';
import type { TakenPorts } from './taken-port.ts';

/** A listener of a Gateway or a ListenerSet: what it serves, who may attach, and its status. */
export interface ListenerTranslation {
  readonly name: string;
  /** Unlike `name` it is the listener's own among all of a Gateway, also where it does not serve. */
  readonly sectionName: SectionName;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; `*` for every host. */
  readonly hostname: string;
  readonly namespaces: AllowedNamespaces;
  readonly supportedKinds: readonly GroupKind[];
  /** Absent where the listener is not programmed. */
  readonly section?: Section;
  /** Of a listener that is accepted and can't be served: keeps its names from listeners with wider ones. */
  readonly reserved?: Section;
  readonly accepted: boolean;
  readonly conditions: readonly Condition[];
}

export interface ListenerResult {
  readonly listener: ListenerTranslation;
  /** Whether it can be served, if its Gateway is. */
  readonly valid: boolean;
  readonly secrets: readonly TlsSecret[];
  readonly certificates: readonly ResolvedCertificate[];
}

function refuse(findings: ListenerFindings, message: string, reason = 'UnsupportedValue'): undefined {
  findings.refusals.push({ reason, message });
  return undefined;
}

function translateTls(
  read: Read,
  owner: ListenerOwner,
  listener: Listener,
  findings: ListenerFindings,
): SectionProtocol | undefined {
  switch (listener.tls?.mode ?? 'Terminate') {
    case 'Passthrough': {
      const options = Object.keys(listener.tls?.options ?? {});
      if (options.length > 0) refuse(findings, `No TLS option is known: ${options.join(', ')}.`);
      // Certificates are ignored in this mode (ListenerTLSConfig.mode).
      return { kind: 'TlsPassthrough' };
    }
    case 'Terminate': {
      const ended = endTls(read, owner, listener, findings);
      return ended === undefined ? undefined : { kind: 'TlsTerminate', ...ended };
    }
    default:
      return refuse(findings, `tls.mode ${listener.tls?.mode} is unknown.`);
  }
}

/** TCP and UDP know neither TLS nor hostnames. */
function translateRaw(
  kind: 'Tcp' | 'Udp',
  { protocol, tls, hostname }: Listener,
  findings: ListenerFindings,
): SectionProtocol {
  if (tls !== undefined) refuse(findings, `A ${protocol} listener takes no tls.`);
  if (hostname !== undefined && hostname !== '') refuse(findings, `A ${protocol} listener takes no hostname.`);
  return { kind };
}

function translateProtocol(
  read: Read,
  owner: ListenerOwner,
  listener: Listener,
  findings: ListenerFindings,
): SectionProtocol | undefined {
  const { protocol, tls } = listener;
  switch (protocol) {
    case 'HTTP':
      if (tls !== undefined) refuse(findings, 'An HTTP listener takes no tls.');
      return { kind: 'Http' };
    case 'HTTPS': {
      if (tls?.mode !== undefined && tls.mode !== 'Terminate') {
        return refuse(findings, `tls.mode ${tls.mode} can't be used with HTTPS.`);
      }
      const ended = endTls(read, owner, listener, findings);
      return ended === undefined ? undefined : { kind: 'Https', ...ended };
    }
    case 'TLS':
      return translateTls(read, owner, listener, findings);
    case 'TCP':
      return translateRaw('Tcp', listener, findings);
    case 'UDP':
      return translateRaw('Udp', listener, findings);
    default: {
      const message = `Protocol ${protocol} is not served; ${servedProtocols.join(', ')} are.`;
      return refuse(findings, message, 'UnsupportedProtocol');
    }
  }
}

function overlapCondition(gateway: Gateway, overlapping: readonly string[]): readonly Condition[] {
  if (overlapping.length === 0) return [];
  const message = `The hostname overlaps with that of listener ${overlapping.join(', ')}; a client may reuse a connection for both.`;
  return [createConditionMaker(gateway).yes('OverlappingTLSConfig', 'OverlappingHostnames', message)];
}

function sectionNameOf(object: Gateway | ListenerSet, listener: Listener): SectionName {
  if (object.kind === 'Gateway') return sectionName(listener.name);
  return listenerSetSectionName(object.metadata.namespace ?? 'default', object.metadata.name, listener.name);
}

/** Keeps the names of a listener that can't be served. Nothing is wider than every host: it needs no keeping. */
function reserve(place: Omit<Section, 'protocol'>, { unresolved }: ListenerFindings): Section | undefined {
  if (place.hostname === '*') return undefined;
  const why = `listener ${place.name} can't be served: ${unresolved.map((problem) => problem.message).join(' ')}`;
  return { ...place, protocol: { kind: 'Refused', why } };
}

/** What is in the way of the port that a listener would bind. */
function findPortProblems(listener: Listener, options: TranslateOptions, taken: TakenPorts): readonly Problem[] {
  const unbound = findBoundPortProblem(listener.port, options);
  const holder = taken.get(socketOf(listener));
  if (holder === undefined) return unbound === undefined ? [] : [unbound];
  const message = `Gateway ${holder} has port ${listener.port} of the same address.`;
  const held = { reason: 'PortUnavailable', message };
  return unbound === undefined ? [held] : [unbound, held];
}

/**
 * Translates one listener. `conflict` is what stands between it and others of its Gateway; where that is not served no
 * section is made. `taken` are ports that other Gateways have.
 */
export function translateListener(
  read: Read,
  owner: ListenerOwner,
  listener: Listener,
  conflict: Problem | undefined,
  serving: Serving,
  options: TranslateOptions,
  taken: TakenPorts,
): ListenerResult {
  const findings: ListenerFindings = { refusals: [], unresolved: [], secrets: [], certificates: [] };
  const served = serving !== 'NotServed';
  if (conflict !== undefined) findings.refusals.push(conflict);
  const protocol = translateProtocol(read, owner, listener, findings);
  const allowed = translateAllowedRoutes(listener);
  if (allowed.problem !== undefined) findings.refusals.push(allowed.problem);
  if (allowed.kindProblem !== undefined) findings.unresolved.push(allowed.kindProblem);
  findings.refusals.push(...findPortProblems(listener, options, taken));
  const accepted = findings.refusals.length === 0;
  const hostname = hostnameOf(listener);
  const { gateway, object } = owner;
  const origins = [originOf(objectKey(refOf(object)))];
  const { port, name } = listener;
  const ownName = sectionNameOf(object, listener);
  const place = { name: ownName, port, hostname, origins };
  const section: Section | undefined =
    served && accepted && protocol !== undefined ? { ...place, protocol } : undefined;
  const valid = accepted && (protocol !== undefined || leavesCertificatesToIngresses(owner, listener));
  const reserved = served && accepted && !valid ? reserve(place, findings) : undefined;
  const overlapping =
    accepted && object.kind === 'Gateway' && listener.protocol === 'HTTPS'
      ? findOverlappingListeners(listener, object.spec.listeners)
      : [];
  return {
    listener: {
      name,
      sectionName: ownName,
      port,
      protocol: listener.protocol,
      hostname,
      namespaces: allowed.namespaces,
      supportedKinds: isServedProtocol(listener.protocol) ? allowed.kinds : [],
      ...(section === undefined ? {} : { section }),
      ...(reserved === undefined ? {} : { reserved }),
      accepted,
      conditions: [
        ...listenerConditions(object, { ...findings, conflict }, serving === 'Served' && valid),
        ...overlapCondition(gateway, overlapping),
      ],
    },
    valid,
    secrets: section === undefined ? [] : findings.secrets,
    certificates: section === undefined ? [] : findings.certificates,
  };
}
