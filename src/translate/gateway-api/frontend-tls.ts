import type { FrontendTLSValidation, Gateway } from '../../../gen/kubernetes/types.ts';
import type { ClientValidation } from '../../ir/listener.ts';
import { resolveCaBundles, type CaBundle } from '../../resolve/ca-bundle.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Read } from '../../snapshot/view.ts';

/** How client certificates are checked on one port. Without `validation` a port with refs must not be served. */
export interface FrontendTls {
  readonly validation?: ClientValidation;
  readonly bundle?: CaBundle;
  readonly problems: readonly Problem[];
  /** None of the CA references can be used: the port's HTTPS listeners are not to be served. */
  readonly refused: boolean;
}

const reasons = { kind: 'InvalidCACertificateKind', ref: 'InvalidCACertificateRef' };

/** The protocols of listeners that can end TLS. */
type TlsProtocol = 'HTTPS' | 'TLS';

/**
 * The validation for a port: its own entry where it has one, also an empty one, else the default, which is for HTTPS
 * alone. An entry for a port is one for all TLS that ends there: who asks for a check must not get none.
 */
function validationOfPort(gateway: Gateway, port: number, protocol: TlsProtocol): FrontendTLSValidation | undefined {
  const frontend = gateway.spec.tls?.frontend;
  const entry = frontend?.perPort?.find((candidate) => candidate.port === port);
  if (entry !== undefined) return entry.tls.validation;
  return protocol === 'HTTPS' ? frontend?.default.validation : undefined;
}

/** Resolves how client certificates are checked on a port (Gateway.spec.tls.frontend). */
export function resolveFrontendTls(
  read: Read,
  gateway: Gateway,
  port: number,
  protocol: TlsProtocol = 'HTTPS',
): FrontendTls {
  const validation = validationOfPort(gateway, port, protocol);
  if (validation === undefined) return { problems: [], refused: false };
  const namespace = gateway.metadata.namespace ?? 'default';
  const from = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace };
  const { bundle, problems } = resolveCaBundles(read, from, validation.caCertificateRefs, reasons);
  if (bundle === undefined) return { problems, refused: true };
  return {
    validation: { caSecret: bundle.name, mode: validation.mode ?? 'AllowValidOnly' },
    bundle,
    problems,
    refused: false,
  };
}

/**
 * Whether clients whose certificate can't be trusted are let in, by the default or on some port, whoever listens there:
 * ListenerSets may, and a listener may come.
 */
export function isInsecureFallback(gateway: Gateway): boolean {
  const frontend = gateway.spec.tls?.frontend;
  const validations = [frontend?.default, ...(frontend?.perPort ?? []).map((entry) => entry.tls)];
  return validations.some((entry) => entry?.validation?.mode === 'AllowInsecureFallback');
}
