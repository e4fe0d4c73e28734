import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { CertificateUse } from '../translate/certificate-use.ts';

const dayMs = 24 * 60 * 60 * 1000;
const warnDays = 14;

/** Certificates in use that are not valid at the time, or soon will not be. Translation itself has no clock. */
export function findCertificateEnds(certificates: readonly CertificateUse[], now: Date): readonly Diagnostic[] {
  return certificates.flatMap(({ object, notBefore, notAfter }): readonly Diagnostic[] => {
    const end = Date.parse(notAfter);
    const days = Math.floor((end - now.getTime()) / dayMs);
    if (end <= now.getTime()) {
      const message = `The certificate ended on ${notAfter}; clients will refuse it. Put a new one into the Secret.`;
      return [{ severity: 'warning', reason: 'CertificateExpired', message, object }];
    }
    if (Date.parse(notBefore) > now.getTime()) {
      const message = `The certificate is not valid before ${notBefore}; clients will refuse it until then.`;
      return [{ severity: 'warning', reason: 'CertificateNotYetValid', message, object }];
    }
    if (days >= warnDays) return [];
    return [
      {
        severity: 'warning',
        reason: 'CertificateExpiresSoon',
        message: `The certificate ends on ${notAfter}.`,
        object,
      },
    ];
  });
}
