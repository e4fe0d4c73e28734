import type { Listener } from '../../../gen/kubernetes/types.ts';
import type { ClientValidation } from '../../ir/listener.ts';
import type { SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { ResolvedCertificate } from '../../resolve/secret.ts';
import type { Read } from '../../snapshot/view.ts';
import { resolveFrontendTls } from './frontend-tls.ts';
import { resolveListenerCertificates } from './listener-certificate.ts';
import type { ListenerOwner } from './listener-owner.ts';

/**
 * A TLS option of ours: with value `Ingress` an HTTPS listener needs no certificate of its own, as Ingresses bring
 * theirs; it serves no other host.
 */
export const certificatesOption = 'sallyport.dev/certificates';

/** Whether a listener serves no host but those that Ingresses bring. */
export function leavesCertificatesToIngresses({ object }: ListenerOwner, listener: Listener): boolean {
  // Ingresses attach to a Gateway, never to a ListenerSet.
  return (
    object.kind === 'Gateway' &&
    listener.protocol === 'HTTPS' &&
    listener.tls?.options?.[certificatesOption] === 'Ingress'
  );
}

/** What is found out about a listener while it is translated. */
export interface ListenerFindings {
  /** Accepted=False */
  readonly refusals: Problem[];
  /** ResolvedRefs=False */
  readonly unresolved: Problem[];
  readonly secrets: TlsSecret[];
  readonly certificates: ResolvedCertificate[];
}

/** TLS as it ends in a listener. */
interface EndedTls {
  readonly certificates: readonly SecretName[];
  readonly clientValidation?: ClientValidation;
}

/** What TLS comes to where it ends in a listener; undefined where it can't be served. */
export function endTls(
  read: Read,
  owner: ListenerOwner,
  listener: Listener,
  findings: ListenerFindings,
): EndedTls | undefined {
  const required = !leavesCertificatesToIngresses(owner, listener);
  const options = Object.keys(listener.tls?.options ?? {}).filter(
    (option) => option !== certificatesOption || required,
  );
  if (options.length > 0) {
    findings.refusals.push({ reason: 'UnsupportedValue', message: `No TLS option is known: ${options.join(', ')}.` });
  }
  const resolved = resolveListenerCertificates(read, owner.object, listener, required);
  findings.unresolved.push(...resolved.problems);
  findings.certificates.push(...resolved.certificates);
  findings.secrets.push(...resolved.certificates.map((certificate) => certificate.secret));
  const protocol = listener.protocol === 'TLS' ? 'TLS' : 'HTTPS';
  const frontend = resolveFrontendTls(read, owner.gateway, listener.port, protocol);
  findings.unresolved.push(...frontend.problems);
  if (frontend.refused) {
    const message = 'No CA certificate that clients are to be checked with can be used.';
    findings.refusals.push({ reason: 'NoValidCACertificate', message });
  }
  if (frontend.bundle !== undefined) findings.secrets.push(frontend.bundle);
  if (findings.certificates.length === 0) return undefined;
  return {
    certificates: findings.certificates.map((certificate) => certificate.secret.name),
    ...(frontend.validation === undefined ? {} : { clientValidation: frontend.validation }),
  };
}
