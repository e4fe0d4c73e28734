import type { Gateway, GatewayTemplateSpec } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { compareStrings } from '../../lib/order.ts';
import { resolveCertificate } from '../../resolve/secret.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { type ObjectRef, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import { certificateUses, type CertificateUse } from '../certificate-use.ts';
import type { TranslateOptions } from '../options.ts';
import type { Section } from '../section.ts';
import type { Condition } from '../translation.ts';
import { translateAllowedListeners } from './allowed-listeners.ts';
import { gatewayGroup } from './allowed-routes.ts';
import { type DefaultScope, defaultScopeOf } from './default-gateway.ts';
import { type ClassRole, resolveClassRole } from './gateway-class.ts';
import { resolveGatewayServing } from './gateway-serving.ts';
import { diagnoseGateway, gatewayConditions } from './gateway-status.ts';
import { type ListenerTranslation, translateListener } from './listener.ts';
import { isServedProtocol } from './listener-protocol.ts';
import { findListenerConflicts } from './listener-conflict.ts';
import { findUnsupportedFields } from './unsupported-field.ts';
import { noTakenPorts, type TakenPorts } from './taken-port.ts';

/** All that a Gateway comes to by itself. It is also what routes look up to attach. */
export interface GatewayTranslation {
  readonly name: GatewayName;
  readonly gateway: ObjectRef;
  readonly role: ClassRole;
  /** Its Envoys are to run. One that is not accepted goes on being served by those that run. */
  readonly accepted: boolean;
  /** To bind; empty where the Gateway is not served. */
  readonly addresses: readonly string[];
  readonly listeners: readonly ListenerTranslation[];
  /** Set where it takes routes that ask for Gateways of this scope without naming it. */
  readonly defaultScope?: DefaultScope;
  /** Whether ListenerSets may add to the listeners. */
  readonly allowsListenerSets: boolean;
  readonly sections: readonly Section[];
  readonly secrets: readonly TlsSecret[];
  readonly certificates: readonly CertificateUse[];
  /** What the Gateway shows to backends that are reached by TLS; it is among `secrets`. */
  readonly backendClientCertificate?: SecretName;
  /** How its Envoys are deployed; empty where that can't be told. */
  readonly template: GatewayTemplateSpec;
  readonly conditions: readonly Condition[];
  readonly diagnostics: readonly Diagnostic[];
}

function uniqueSecrets(secrets: readonly TlsSecret[]): readonly TlsSecret[] {
  const byName = new Map(secrets.map((secret) => [secret.name, secret]));
  return [...byName.values()].sort((a, b) => compareStrings(a.name, b.name));
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
  const { serving, addresses, refusal, unusable, template } = resolveGatewayServing(read, gateway, options);
  const conflicts = findListenerConflicts(gateway.spec.listeners.filter((entry) => isServedProtocol(entry.protocol)));
  const owner = { gateway, object: gateway };
  const results = gateway.spec.listeners.map((entry) =>
    translateListener(read, owner, entry, conflicts.get(entry.name), serving, options, taken),
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
  const defaultScope = defaultScopeOf(gateway);
  const certificates = [
    ...results.flatMap((result) => result.certificates),
    ...(clientCertificate === undefined ? [] : [clientCertificate]),
  ];
  return {
    name: gatewayName(namespace, gateway.metadata.name),
    gateway: refOf(gateway),
    role,
    accepted: serving === 'Served',
    addresses,
    listeners,
    ...(defaultScope === undefined ? {} : { defaultScope }),
    allowsListenerSets: translateAllowedListeners(gateway).namespaces !== undefined,
    sections: listeners.flatMap((listener) => listener.section ?? listener.reserved ?? []),
    secrets: uniqueSecrets([
      ...results.flatMap((result) => result.secrets),
      ...(clientCertificate === undefined ? [] : [clientCertificate.secret]),
    ]),
    certificates: certificateUses(certificates),
    ...(clientCertificate === undefined ? {} : { backendClientCertificate: clientCertificate.secret.name }),
    template,
    conditions,
    diagnostics: diagnoseGateway(gateway, listeners, conditions),
  };
}
