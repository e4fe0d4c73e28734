import { err, ok, type Result } from '../../lib/result.ts';
import type { KubernetesObject, KubernetesRef } from '../kubernetes/object.ts';
import { type KeyPair, readCertificate } from './certificate.ts';
import { type Authorities, trustBundle } from './plan.ts';

/** The one Secret that a controller keeps its authorities in; `namespace` is its own. */
export function authoritySecretRef(namespace: string): KubernetesRef {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name: 'sallyport-authority' };
}

const encode = (text: string) => Buffer.from(text).toString('base64');

/** The Secret that the authorities are kept in. Its key `ca.crt` holds all that are trusted. */
export function writeAuthoritySecret(namespace: string, authorities: Authorities): KubernetesObject {
  const { signing, signingSince, next, previous } = authorities;
  const { apiVersion, kind, name } = authoritySecretRef(namespace);
  const data = {
    'tls.crt': signing.certificate,
    'tls.key': signing.key,
    'ca.crt': trustBundle(authorities),
    'signing-since': new Date(signingSince).toISOString(),
    ...(next === undefined ? {} : { 'next.crt': next.certificate, 'next.key': next.key }),
    ...(previous === undefined ? {} : { 'previous.crt': previous }),
  };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'sallyport' } },
    type: 'kubernetes.io/tls',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)])),
  };
}

/** The text under a key of a Secret; undefined where there is none. */
export function secretText({ data }: KubernetesObject, key: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const value: unknown = Reflect.get(data, key);
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : undefined;
}

function readPair(secret: KubernetesObject, name: string): KeyPair | undefined {
  const certificate = secretText(secret, `${name}.crt`);
  const key = secretText(secret, `${name}.key`);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** The error is one line that shows nothing of the Secret. */
export function readAuthoritySecret(secret: KubernetesObject): Result<Authorities, string> {
  const signing = readPair(secret, 'tls');
  const signingSince = Date.parse(secretText(secret, 'signing-since') ?? '');
  const next = readPair(secret, 'next');
  const previous = secretText(secret, 'previous.crt');
  const certificates = [signing?.certificate, next?.certificate, previous].filter((pem) => pem !== undefined);
  if (signing === undefined || Number.isNaN(signingSince) || !certificates.every((pem) => readCertificate(pem))) {
    const { namespace, name } = secret.metadata;
    return err(`Secret ${namespace}/${name} holds no authority; delete it to have a new one made`);
  }
  return ok({
    signing,
    signingSince,
    ...(next === undefined ? {} : { next }),
    ...(previous === undefined ? {} : { previous }),
  });
}
