import { X509Certificate } from 'node:crypto';

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** From when until when a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Certificates are valid from a little before they are made, for peers whose clocks are behind. */
export const clockSkewMs = 5 * 60_000;

/** The first certificate of a PEM text; undefined where there is none that can be read. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

export function validityOf(certificate: X509Certificate): Validity {
  return { from: certificate.validFromDate.getTime(), until: certificate.validToDate.getTime() };
}

/** The moment at which half of a certificate's life is over. */
export function halfLife({ from, until }: Validity): number {
  return from + (until - from) / 2;
}
