import type { Secret } from '../../gen/kubernetes/types.ts';
import { originOf, secretName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import { createIdentityCache } from '../lib/identity-cache.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { Sensitive } from '../lib/sensitive.ts';
import { objectKey } from '../snapshot/object.ts';
import { type Read, readObject } from '../snapshot/view.ts';
import { type CertificateInfo, parseCertificatePair } from './certificate.ts';
import type { Problem } from './problem.ts';
import { describeNotPermitted, isReferencePermitted, type ReferenceSource } from './reference-grant.ts';

/** A certificate with its key, ready to be sent, and what it says about itself. */
export interface ResolvedCertificate {
  readonly secret: TlsSecret & { readonly kind: 'Certificate' };
  readonly namespace: string;
  readonly name: string;
  readonly info: CertificateInfo;
}

/** A reference to a Secret as the Gateway API and Ingress write it; absent parts mean a Secret beside the referrer. */
export interface SecretReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/** The text of a key of a Secret; `stringData` wins, as it does when an API server takes the Secret in. */
export function readSecretText(secret: Secret, key: string): string | undefined {
  const plain = secret.stringData?.[key];
  if (plain !== undefined) return plain;
  const encoded = secret.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Thousands of listeners may name one Secret: it is parsed once for as long as the object lives. */
const parsed = createIdentityCache();

function resolveKeyPair(secret: Secret): Result<ResolvedCertificate, string> {
  const namespace = secret.metadata.namespace ?? 'default';
  const chain = readSecretText(secret, 'tls.crt');
  const key = readSecretText(secret, 'tls.key');
  if (chain === undefined || key === undefined) {
    return err(`it has no key ${chain === undefined ? 'tls.crt' : 'tls.key'}`);
  }
  const info = parseCertificatePair(chain, key);
  if (!info.ok) return info;
  const origin = originOf(objectKey({ kind: 'Secret', namespace, name: secret.metadata.name }));
  return ok({
    secret: {
      kind: 'Certificate',
      name: secretName('Secret', namespace, secret.metadata.name),
      origin,
      chain,
      key: new Sensitive(key),
    },
    namespace,
    name: secret.metadata.name,
    info: info.value,
  });
}

/**
 * The certificate that a reference names. Problems have the reason RefNotPermitted or `invalidReason`
 * (InvalidCertificateRef for a listener).
 */
export function resolveCertificate(
  read: Read,
  from: ReferenceSource,
  ref: SecretReference,
  invalidReason: string,
): Result<ResolvedCertificate, Problem> {
  const namespace = ref.namespace ?? from.namespace;
  const invalid = (message: string) => err({ reason: invalidReason, message });
  const target = { group: ref.group ?? '', kind: ref.kind ?? 'Secret', namespace, name: ref.name };
  if (target.group !== '' || target.kind !== 'Secret') {
    return invalid(`${target.kind} of group "${target.group}" can't hold a certificate; use a Secret.`);
  }
  if (!isReferencePermitted(read, from, target)) {
    return err({ reason: 'RefNotPermitted', message: describeNotPermitted(from, target) });
  }
  const secret = readObject(read, 'Secret', namespace, ref.name);
  if (secret === undefined) return invalid(`Secret ${namespace}/${ref.name} does not exist.`);
  const pair = parsed.get(resolveKeyPair, secret);
  return pair.ok ? pair : invalid(`Secret ${namespace}/${ref.name} can't be used: ${pair.error}.`);
}
