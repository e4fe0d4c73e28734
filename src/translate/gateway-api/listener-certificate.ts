import type { Gateway, Listener, ListenerSet } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import { resolveCertificate, type ResolvedCertificate } from '../../resolve/secret.ts';
import type { Read } from '../../snapshot/view.ts';
import { gatewayGroup } from './allowed-routes.ts';

/** The certificates of a listener that can be used, each once, and what is wrong with the others. */
export interface ListenerCertificates {
  readonly certificates: readonly ResolvedCertificate[];
  readonly problems: readonly Problem[];
}

/** Resolves `tls.certificateRefs` of a listener of `object`. With `required` false a listener without any has nothing wrong. */
export function resolveListenerCertificates(
  read: Read,
  object: Gateway | ListenerSet,
  listener: Listener,
  required: boolean,
): ListenerCertificates {
  const from = { group: gatewayGroup, kind: object.kind, namespace: object.metadata.namespace ?? 'default' };
  const refs = listener.tls?.certificateRefs ?? [];
  const problems: Problem[] = [];
  if (refs.length === 0 && required) {
    problems.push({ reason: 'InvalidCertificateRef', message: 'A listener that ends TLS needs a certificateRef.' });
  }
  const certificates = new Map<string, ResolvedCertificate>();
  for (const ref of refs) {
    const resolved = resolveCertificate(read, from, ref, 'InvalidCertificateRef');
    if (!resolved.ok) problems.push(resolved.error);
    else if (!certificates.has(resolved.value.secret.name)) {
      certificates.set(resolved.value.secret.name, resolved.value);
    }
  }
  return { certificates: [...certificates.values()], problems };
}
