import { halfLife, type KeyPair, readCertificate, validityOf } from './certificate.ts';
import { issueServer } from './issue.ts';
import { type Authorities, needsRenewal, trustBundle } from './plan.ts';

export interface ServerIdentityOptions {
  /** The names that proxies reach the discovery server by. */
  readonly dnsNames: readonly string[];
  readonly leafMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What the discovery server shows, and whose clients it lets in; all PEM. */
export interface IssuedIdentity extends KeyPair {
  readonly authorities: string;
  /** When to ask again, in milliseconds since 1970. */
  readonly renewAt: number;
}

/**
 * What a replica's discovery server is to show now: what it showed before while that will do. Each replica issues its
 * own certificate and keeps it in memory only.
 */
export async function serverIdentity(
  before: IssuedIdentity | undefined,
  authorities: Authorities,
  { dnsNames, leafMs, now }: ServerIdentityOptions,
): Promise<IssuedIdentity> {
  const subjectAltName = dnsNames.map((name) => `DNS:${name}`).join(', ');
  const trusted = trustBundle(authorities);
  const kept = before !== undefined && !needsRenewal(before.certificate, { subjectAltName, authorities, now });
  if (kept && before.authorities === trusted) return before;
  const pair = kept ? before : await issueServer(authorities.signing, dnsNames, now, leafMs);
  const certificate = readCertificate(pair.certificate);
  if (certificate === undefined) throw new Error('a certificate of our own can not be read');
  const { certificate: pem, key } = pair;
  return { certificate: pem, key, authorities: trusted, renewAt: halfLife(validityOf(certificate)) };
}
