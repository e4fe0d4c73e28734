import { clockSkewMs, halfLife, type KeyPair, readCertificate, validityOf } from './certificate.ts';

/** The authorities that are kept. Whoever trusts, trusts all of them; only one signs. */
export interface Authorities {
  readonly signing: KeyPair;
  /** Milliseconds since 1970. */
  readonly signingSince: number;
  /** Trusted already, to sign when everybody has been told. */
  readonly next?: KeyPair;
  /** Certificates only: what they have signed is still out there. */
  readonly previous?: string;
}

export interface Lifetimes {
  readonly authorityMs: number;
  /** Of the certificates that an authority signs. */
  readonly leafMs: number;
  /** How long it takes at most until everybody has been told of a new authority. */
  readonly spreadMs: number;
}

const hour = 3_600_000;

export const defaultLifetimes: Lifetimes = { authorityMs: 90 * 24 * hour, leafMs: 24 * hour, spreadMs: hour };

export type AuthorityStep =
  /** Nothing before that moment. */
  | { readonly kind: 'Wait'; readonly until: number }
  /** No authority that can sign: begin anew, nobody trusts what there was. */
  | { readonly kind: 'Begin' }
  /** Make the next authority and have it trusted. */
  | { readonly kind: 'Prepare' }
  /** Let the next authority sign. */
  | { readonly kind: 'Promote'; readonly next: KeyPair }
  /** Trust the previous one no more: all that it has signed has ended. */
  | { readonly kind: 'Retire' };

/** What is to be done about the authorities now. Steps follow one another until it says to wait. */
export function planAuthorities(
  authorities: Authorities | undefined,
  now: number,
  { leafMs, spreadMs }: Lifetimes,
): AuthorityStep {
  if (authorities === undefined) return { kind: 'Begin' };
  const { signing, signingSince, next, previous } = authorities;
  const certificate = readCertificate(signing.certificate);
  if (certificate === undefined) return { kind: 'Begin' };
  const validity = validityOf(certificate);
  if (now >= validity.until) return { kind: 'Begin' };
  const moments: number[] = [];
  if (previous !== undefined) {
    const ended = signingSince + leafMs + clockSkewMs;
    if (now >= ended) return { kind: 'Retire' };
    moments.push(ended);
  }
  const known = next === undefined ? undefined : readCertificate(next.certificate);
  if (next === undefined || known === undefined) {
    const due = halfLife(validity);
    if (now >= due) return { kind: 'Prepare' };
    moments.push(due);
  } else {
    const told = validityOf(known).from + clockSkewMs + spreadMs;
    // One at a time: three authorities would be trusted otherwise.
    if (now >= told && previous === undefined) return { kind: 'Promote', next };
    moments.push(told);
  }
  const later = moments.filter((moment) => moment > now);
  return { kind: 'Wait', until: Math.min(...later) };
}

/** All that is trusted, PEM. */
export function trustBundle({ signing, next, previous }: Authorities): string {
  return [signing.certificate, next?.certificate ?? '', previous ?? ''].join('');
}

/**
 * Whether a certificate has to be issued anew: its names differ, half of its life is over, or the authority that signs
 * now has not signed it. `subjectAltName` as Node writes it.
 */
export function needsRenewal(
  pem: string | undefined,
  { subjectAltName, authorities, now }: { subjectAltName: string; authorities: Authorities; now: number },
): boolean {
  const certificate = pem === undefined ? undefined : readCertificate(pem);
  if (certificate === undefined || certificate.subjectAltName !== subjectAltName) return true;
  const issuer = readCertificate(authorities.signing.certificate);
  if (issuer === undefined || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return true;
  return now >= halfLife(validityOf(certificate));
}
