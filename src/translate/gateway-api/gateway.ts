import type { Gateway } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { compareStrings } from '../../lib/order.ts';
import type { Problem } from '../../resolve/problem.ts';
import { resolveCertificate, type ResolvedCertificate } from '../../resolve/secret.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { type ObjectRef, refOf } from '../../snapshot/object.ts';
import { type Read, readObject } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { Section } from '../section.ts';
import type { Condition } from '../translation.ts';
import { gatewayGroup } from './allowed-routes.ts';
import { resolveGatewayAddresses } from './gateway-address.ts';
import { type ClassRole, resolveClassRole } from './gateway-class.ts';
import { diagnoseGateway, gatewayConditions } from './gateway-status.ts';
import { isServedProtocol, type ListenerTranslation, translateListener } from './listener.ts';
import { findListenerConflicts } from './listener-conflict.ts';
import { findUnsupportedFields } from './unsupported-field.ts';
import { noTakenPorts, type TakenPorts } from './taken-port.ts';

/** A certificate in use, for whoever has a clock. */
export interface CertificateUse {
  readonly object: ObjectRef;
  readonly secret: SecretName;
  readonly notBefore: string;
  readonly notAfter: string;
}

/** All that a Gateway comes to by itself. It is also what routes look up to attach. */
export interface GatewayTranslation {
  readonly name: GatewayName;
  readonly gateway: ObjectRef;
  readonly role: ClassRole;
  /** To bind; empty where the Gateway is not served. */
  readonly addresses: readonly string[];
  readonly listeners: readonly ListenerTranslation[];
  readonly sections: readonly Section[];
  readonly secrets: readonly TlsSecret[];
  readonly certificates: readonly CertificateUse[];
  /** What the Gateway shows to backends that are reached by TLS; it is among `secrets`. */
  readonly backendClientCertificate?: SecretName;
  readonly conditions: readonly Condition[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What is wrong with the Gateway apart from its listeners; Accepted is then False. */
function findRefusal(read: Read, gateway: Gateway): Problem | undefined {
  const own = gateway.spec.infrastructure?.parametersRef;
  const ofClass = readObject(read, 'GatewayClass', '', gateway.spec.gatewayClassName)?.spec.parametersRef;
  const parameters = own ?? ofClass;
  if (parameters === undefined) return undefined;
  const where = own === undefined ? 'The GatewayClass names' : 'infrastructure.parametersRef names';
  const message = `${where} ${parameters.kind} ${parameters.name}, and no kind of parameters is known.`;
  return { reason: 'InvalidParameters', message };
}

function uniqueSecrets(secrets: readonly TlsSecret[]): readonly TlsSecret[] {
  const byName = new Map(secrets.map((secret) => [secret.name, secret]));
  return [...byName.values()].sort((a, b) => compareStrings(a.name, b.name));
}

function useOf({ namespace, name, secret, info }: ResolvedCertificate): CertificateUse {
  const object: ObjectRef = { kind: 'Secret', namespace, name };
  return { object, secret: secret.name, notBefore: info.notBefore, notAfter: info.notAfter };
}

/**
 * Translates a Gateway of one of our classes, of either role; undefined for those of other controllers. For the egress
 * role the conditions and addresses are the ones to use, and the listeners only say what is wrong with them.
 */
export function translateGateway(
  read: Read,
  gateway: Gateway,
  options: TranslateOptions,
  taken: TakenPorts = noTakenPorts,
): GatewayTranslation | undefined {
  const role = resolveClassRole(read, gateway.spec.gatewayClassName, options);
  if (role === undefined) return undefined;
  const namespace = gateway.metadata.namespace ?? 'default';
  const { addresses, unsupported, unusable } = resolveGatewayAddresses(gateway, options);
  const refusal = findRefusal(read, gateway) ?? unsupported;
  const served = refusal === undefined && addresses.length > 0;
  const conflicts = findListenerConflicts(gateway.spec.listeners.filter((entry) => isServedProtocol(entry.protocol)));
  const results = gateway.spec.listeners.map((entry) =>
    translateListener(read, gateway, entry, conflicts.get(entry.name), served, options, taken),
  );
  const listeners = results.map((result) => result.listener);
  const clientRef = gateway.spec.tls?.backend?.clientCertificateRef;
  const from = { group: gatewayGroup, kind: 'Gateway', namespace };
  const client =
    clientRef === undefined ? undefined : resolveCertificate(read, from, clientRef, 'InvalidClientCertificateRef');
  const clientCertificate = client?.ok === true ? client.value : undefined;
  const summary = {
    refusal,
    unusable,
    clientCertificate: client?.ok === false ? client.error : undefined,
    listeners,
  };
  const conditions = gatewayConditions(gateway, summary, findUnsupportedFields(gateway));
  const certificates = [
    ...results.flatMap((result) => result.certificates),
    ...(clientCertificate === undefined ? [] : [clientCertificate]),
  ];
  return {
    name: gatewayName(namespace, gateway.metadata.name),
    gateway: refOf(gateway),
    role,
    addresses: served ? addresses : [],
    listeners,
    sections: listeners.flatMap((listener) => listener.section ?? []),
    secrets: uniqueSecrets([
      ...results.flatMap((result) => result.secrets),
      ...(clientCertificate === undefined ? [] : [clientCertificate.secret]),
    ]),
    certificates: [...new Map(certificates.map((entry) => [entry.secret.name, useOf(entry)])).values()],
    ...(clientCertificate === undefined ? {} : { backendClientCertificate: clientCertificate.secret.name }),
    conditions,
    diagnostics: diagnoseGateway(gateway, listeners, conditions),
  };
}
