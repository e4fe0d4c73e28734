import type { Gateway, Listener } from '../../../gen/kubernetes/types.ts';
import { originOf, sectionName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { ResolvedCertificate } from '../../resolve/secret.ts';
import { objectKey, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { Section, SectionProtocol } from '../section.ts';
import type { Condition } from '../translation.ts';
import { type AllowedNamespaces, type GroupKind, translateAllowedRoutes } from './allowed-routes.ts';
import { createConditionMaker } from './condition.ts';
import { resolveFrontendTls } from './frontend-tls.ts';
import { resolveListenerCertificates } from './listener-certificate.ts';
import { listenerConditions } from './listener-condition.ts';
import { findOverlappingListeners } from './listener-conflict.ts';
import type { TakenPorts } from './taken-port.ts';

/** A listener of a Gateway: what it serves, who may attach, and its status. */
export interface ListenerTranslation {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; `*` for every host. */
  readonly hostname: string;
  readonly namespaces: AllowedNamespaces;
  readonly supportedKinds: readonly GroupKind[];
  /** Absent where the listener is not programmed. */
  readonly section?: Section;
  readonly accepted: boolean;
  readonly conditions: readonly Condition[];
}

export interface ListenerResult {
  readonly listener: ListenerTranslation;
  readonly secrets: readonly TlsSecret[];
  readonly certificates: readonly ResolvedCertificate[];
}

/** The protocols that listeners are served for; others are UnsupportedProtocol. */
export function isServedProtocol(protocol: string): boolean {
  return protocol === 'HTTP' || protocol === 'HTTPS';
}

/**
 * A TLS option of ours: with value `Ingress` an HTTPS listener needs no certificate of its own, as Ingresses bring
 * theirs; it serves no other host.
 */
export const certificatesOption = 'sallyport.dev/certificates';

function leavesCertificatesToIngresses(listener: Listener): boolean {
  return listener.protocol === 'HTTPS' && listener.tls?.options?.[certificatesOption] === 'Ingress';
}

interface Findings {
  /** Accepted=False */
  readonly refusals: Problem[];
  /** ResolvedRefs=False */
  readonly unresolved: Problem[];
  readonly secrets: TlsSecret[];
  readonly certificates: ResolvedCertificate[];
}

/** What TLS comes to on an HTTPS listener; undefined where it can't be served. */
function translateHttps(
  read: Read,
  gateway: Gateway,
  listener: Listener,
  findings: Findings,
): SectionProtocol | undefined {
  const { tls } = listener;
  if (tls?.mode !== undefined && tls.mode !== 'Terminate') {
    findings.refusals.push({ reason: 'UnsupportedValue', message: `tls.mode ${tls.mode} can't be used with HTTPS.` });
    return undefined;
  }
  const options = Object.keys(tls?.options ?? {}).filter(
    (option) => option !== certificatesOption || !leavesCertificatesToIngresses(listener),
  );
  if (options.length > 0) {
    findings.refusals.push({ reason: 'UnsupportedValue', message: `No TLS option is known: ${options.join(', ')}.` });
  }
  const required = !leavesCertificatesToIngresses(listener);
  const resolved = resolveListenerCertificates(read, gateway, listener, required);
  findings.unresolved.push(...resolved.problems);
  findings.certificates.push(...resolved.certificates);
  findings.secrets.push(...resolved.certificates.map((certificate) => certificate.secret));
  const frontend = resolveFrontendTls(read, gateway, listener.port);
  findings.unresolved.push(...frontend.problems);
  if (frontend.refused) {
    const message = 'No CA certificate that clients are to be checked with can be used.';
    findings.refusals.push({ reason: 'NoValidCACertificate', message });
  }
  if (frontend.bundle !== undefined) findings.secrets.push(frontend.bundle);
  if (findings.certificates.length === 0) return undefined;
  return {
    kind: 'Https',
    certificates: findings.certificates.map((certificate) => certificate.secret.name),
    ...(frontend.validation === undefined ? {} : { clientValidation: frontend.validation }),
  };
}

function translateProtocol(
  read: Read,
  gateway: Gateway,
  listener: Listener,
  findings: Findings,
): SectionProtocol | undefined {
  switch (listener.protocol) {
    case 'HTTP':
      if (listener.tls !== undefined) {
        findings.refusals.push({ reason: 'UnsupportedValue', message: 'An HTTP listener takes no tls.' });
      }
      return { kind: 'Http' };
    case 'HTTPS':
      return translateHttps(read, gateway, listener, findings);
    default: {
      const message = `Protocol ${listener.protocol} is not served; HTTP and HTTPS are.`;
      findings.refusals.push({ reason: 'UnsupportedProtocol', message });
      return undefined;
    }
  }
}

function overlapCondition(gateway: Gateway, overlapping: readonly string[]): readonly Condition[] {
  if (overlapping.length === 0) return [];
  const message = `The hostname overlaps with that of listener ${overlapping.join(', ')}; a client may reuse a connection for both.`;
  return [createConditionMaker(gateway).yes('OverlappingTLSConfig', 'OverlappingHostnames', message)];
}

/**
 * Translates one listener. `conflict` is what stands between it and others of its Gateway; with `served` false the
 * Gateway as a whole is refused and no section is made. `taken` are ports that other Gateways have.
 */
export function translateListener(
  read: Read,
  gateway: Gateway,
  listener: Listener,
  conflict: Problem | undefined,
  served: boolean,
  options: TranslateOptions,
  taken: TakenPorts,
): ListenerResult {
  const findings: Findings = { refusals: [], unresolved: [], secrets: [], certificates: [] };
  if (conflict !== undefined) findings.refusals.push(conflict);
  const protocol = translateProtocol(read, gateway, listener, findings);
  const allowed = translateAllowedRoutes(listener);
  if (allowed.problem !== undefined) findings.refusals.push(allowed.problem);
  if (allowed.kindProblem !== undefined) findings.unresolved.push(allowed.kindProblem);
  if (listener.port + options.portOffset > 65535) {
    const message = `Port ${listener.port} would be bound as ${listener.port + options.portOffset}, which is no port.`;
    findings.refusals.push({ reason: 'PortUnavailable', message });
  }
  const holder = taken.get(listener.port);
  if (holder !== undefined) {
    const message = `Gateway ${holder} has port ${listener.port} of the same address.`;
    findings.refusals.push({ reason: 'PortUnavailable', message });
  }
  const accepted = findings.refusals.length === 0;
  const hostname = listener.hostname === undefined || listener.hostname === '' ? '*' : listener.hostname.toLowerCase();
  const origins = [originOf(objectKey(refOf(gateway)))];
  const { port, name } = listener;
  const section: Section | undefined =
    served && accepted && protocol !== undefined
      ? { name: sectionName(name), port, hostname, protocol, origins }
      : undefined;
  const programmed = section !== undefined || (served && accepted && leavesCertificatesToIngresses(listener));
  const overlapping =
    accepted && listener.protocol === 'HTTPS' ? findOverlappingListeners(listener, gateway.spec.listeners) : [];
  return {
    listener: {
      name,
      port,
      protocol: listener.protocol,
      hostname,
      namespaces: allowed.namespaces,
      supportedKinds: isServedProtocol(listener.protocol) ? allowed.kinds : [],
      ...(section === undefined ? {} : { section }),
      accepted,
      conditions: [
        ...listenerConditions(gateway, { ...findings, conflict }, programmed),
        ...overlapCondition(gateway, overlapping),
      ],
    },
    secrets: section === undefined ? [] : findings.secrets,
    certificates: section === undefined ? [] : findings.certificates,
  };
}
