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

/** The validation for a port: its own entry where it has one, also an empty one, else the default. */
function validationOfPort(gateway: Gateway, port: number): FrontendTLSValidation | undefined {
  const frontend = gateway.spec.tls?.frontend;
  const entry = frontend?.perPort?.find((candidate) => candidate.port === port);
  return entry === undefined ? frontend?.default.validation : entry.tls.validation;
}

/** Resolves how client certificates are checked on a port (Gateway.spec.tls.frontend). */
export function resolveFrontendTls(read: Read, gateway: Gateway, port: number): FrontendTls {
  const validation = validationOfPort(gateway, port);
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

/** Whether any HTTPS listener takes clients whose certificate can't be trusted. */
export function isInsecureFallback(gateway: Gateway): boolean {
  return gateway.spec.listeners.some(
    (listener) =>
      listener.protocol === 'HTTPS' && validationOfPort(gateway, listener.port)?.mode === 'AllowInsecureFallback',
  );
}
