import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { secretText } from './authority-secret.ts';
import { halfLife, type KeyPair, readCertificate, validityOf } from './certificate.ts';
import { type GatewayIdentity, identityUri } from './identity.ts';
import { issueClient } from './issue.ts';
import { type Authorities, needsRenewal, trustBundle } from './plan.ts';

/** What a Gateway's proxies show to the discovery server, and whom they trust; PEM. */
export interface ClientCertificate extends KeyPair {
  readonly authorities: string;
  /** When it is to be issued anew, in milliseconds since 1970. */
  readonly renewAt: number;
}

export interface ClientCertificateOptions {
  readonly authorities: Authorities;
  readonly leafMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

function belongsTo(key: string, certificate: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** The certificate of a Gateway: the one that its Secret holds while that will do, else a new one. */
export async function clientCertificate(
  secret: KubernetesObject | undefined,
  gateway: GatewayIdentity,
  { authorities, leafMs, now }: ClientCertificateOptions,
): Promise<ClientCertificate> {
  const held = secret === undefined ? undefined : secretText(secret, 'tls.crt');
  const key = secret === undefined ? undefined : secretText(secret, 'tls.key');
  const subjectAltName = `URI:${identityUri(gateway)}`;
  const pair =
    held === undefined ||
    key === undefined ||
    !belongsTo(key, held) ||
    needsRenewal(held, { subjectAltName, authorities, now })
      ? await issueClient(authorities.signing, gateway, now, leafMs)
      : { certificate: held, key };
  const certificate = readCertificate(pair.certificate);
  if (certificate === undefined) throw new Error('a certificate of our own can not be read');
  return { ...pair, authorities: trustBundle(authorities), renewAt: halfLife(validityOf(certificate)) };
}
