import type { SecretName } from '../ir/name.ts';
import type { ResolvedCertificate } from '../resolve/secret.ts';
import type { ObjectRef } from '../snapshot/object.ts';

/** A certificate in use, for whoever has a clock. */
export interface CertificateUse {
  readonly object: ObjectRef;
  readonly secret: SecretName;
  readonly notBefore: string;
  readonly notAfter: string;
}

export function certificateUse({ namespace, name, secret, info }: ResolvedCertificate): CertificateUse {
  const object: ObjectRef = { kind: 'Secret', namespace, name };
  return { object, secret: secret.name, notBefore: info.notBefore, notAfter: info.notAfter };
}

/** Each certificate once. */
export function certificateUses(certificates: readonly ResolvedCertificate[]): readonly CertificateUse[] {
  return [...new Map(certificates.map((entry) => [entry.secret.name, certificateUse(entry)])).values()];
}
