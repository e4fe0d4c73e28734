import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { err, ok, type Result } from '../lib/result.ts';

/** What later stages want to know of a certificate; times as ISO 8601, judged where there is a clock. */
export interface CertificateInfo {
  readonly notBefore: string;
  readonly notAfter: string;
  readonly dnsNames: readonly string[];
  readonly keyType: string;
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function parseCertificates(text: string): Result<readonly X509Certificate[], string> {
  const blocks = text.match(pemCertificate) ?? [];
  if (blocks.length === 0) return err('it holds no PEM certificate');
  try {
    return ok(blocks.map((block) => new X509Certificate(block)));
  } catch {
    return err('it holds a PEM block that is no X.509 certificate');
  }
}

function parsePrivateKey(text: string): Result<KeyObject, string> {
  if (/-----BEGIN (ENCRYPTED PRIVATE KEY|[A-Z ]+-----\s+Proc-Type: 4,ENCRYPTED)/.test(text)) {
    return err('its private key is encrypted');
  }
  try {
    return ok(createPrivateKey(text));
  } catch {
    return err('its private key is not readable as PEM');
  }
}

function checkKey(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      return bits < 2048 ? `its RSA key has ${bits} bits, and at least 2048 are needed` : undefined;
    }
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
      return ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve)
        ? undefined
        : `its key is on curve ${curve}; P-256, P-384 and P-521 can be used`;
    }
    default:
      return `its key is of type ${key.asymmetricKeyType ?? 'unknown'}; RSA and ECDSA can be used`;
  }
}

function dnsNamesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice(4).toLowerCase());
}

/** Checks that a PEM chain and a PEM key are readable, of a kind that Envoy takes, and belong together. */
export function parseCertificatePair(chain: string, key: string): Result<CertificateInfo, string> {
  const certificates = parseCertificates(chain);
  if (!certificates.ok) return certificates;
  const leaf = certificates.value[0];
  if (leaf === undefined) return err('it holds no PEM certificate');
  const privateKey = parsePrivateKey(key);
  if (!privateKey.ok) return privateKey;
  const objection = checkKey(privateKey.value);
  if (objection !== undefined) return err(objection);
  if (!leaf.checkPrivateKey(privateKey.value)) return err('its private key does not belong to its certificate');
  return ok({
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    dnsNames: dnsNamesOf(leaf),
    keyType: privateKey.value.asymmetricKeyType ?? '',
  });
}

/** The certificates of a CA bundle as clean PEM, or what is wrong with it. */
export function parseCaBundle(text: string): Result<string, string> {
  const certificates = parseCertificates(text);
  return certificates.ok ? ok(certificates.value.map((certificate) => certificate.toString()).join('')) : certificates;
}
