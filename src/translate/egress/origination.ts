import type { EgressTLS } from '../../../gen/kubernetes/types.ts';
import type { CaSource } from '../../ir/cluster.ts';
import type { SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { resolveCaBundles } from '../../resolve/ca-bundle.ts';
import { resolveCertificate } from '../../resolve/secret.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import type { ObjectRef } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';

/** TLS that the gateway speaks for a rule, or why it can't. Any reference that can't be used is a problem. */
export interface Origination {
  readonly tls?: { readonly ca: CaSource; readonly clientCertificate?: SecretName };
  readonly problem?: string;
  readonly secrets: readonly TlsSecret[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Resolves the authorities and the client certificate of a rule with TLS mode Originate. */
export function resolveOrigination(read: Read, egress: ObjectRef, tls: EgressTLS, field: string): Origination {
  const from = { group: 'sallyport.dev', kind: 'Egress', namespace: egress.namespace };
  const secrets: TlsSecret[] = [];
  const diagnostics: Diagnostic[] = [];
  const fail = (at: string, reason: string, message: string) =>
    diagnostics.push({ severity: 'error', reason, message, object: egress, field: `${field}.${at}` });
  let ca: CaSource | undefined = { kind: 'System' };
  const refs = (tls.caCertificateRefs ?? []).map((ref) => ({
    group: '',
    kind: ref.kind ?? 'ConfigMap',
    name: ref.name,
  }));
  if (refs.length > 0) {
    const reasons = { kind: 'InvalidKind', ref: 'InvalidCACertificateRef' };
    const { bundle, problems } = resolveCaBundles(read, from, refs, reasons);
    for (const problem of problems) fail('caCertificateRefs', problem.reason, problem.message);
    ca = bundle === undefined ? undefined : { kind: 'Bundle', secret: bundle.name };
    if (bundle !== undefined) secrets.push(bundle);
  }
  let clientCertificate: SecretName | undefined;
  if (tls.clientCertificateRef !== undefined) {
    const resolved = resolveCertificate(
      read,
      from,
      { name: tls.clientCertificateRef.name },
      'InvalidClientCertificateRef',
    );
    if (resolved.ok) {
      clientCertificate = resolved.value.secret.name;
      secrets.push(resolved.value.secret);
    } else fail('clientCertificateRef', resolved.error.reason, resolved.error.message);
  }
  if (ca === undefined || diagnostics.length > 0) {
    const problem = diagnostics.map((diagnostic) => diagnostic.message).join(' ');
    return { problem, secrets: [], diagnostics };
  }
  return { tls: { ca, ...(clientCertificate === undefined ? {} : { clientCertificate }) }, secrets, diagnostics };
}
