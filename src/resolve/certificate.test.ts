import { describe, expect, it } from 'vitest';
import { createTestCertificate } from '../../test/fixture/certificate.ts';
import { parseCaBundle, parseCertificatePair } from './certificate.ts';

const ecdsa = createTestCertificate(['a.example.com', '*.B.example.com'], { notAfter: '2030-05-06T07:08:09Z' });
const rsa = createTestCertificate(['r.example.com'], { algorithm: 'rsa' });
const small = createTestCertificate(['s.example.com'], { algorithm: 'rsa1024' });
const ed25519 = createTestCertificate(['e.example.com'], { algorithm: 'ed25519' });

describe('parseCertificatePair', () => {
  it('reads names and times of an ECDSA pair', () => {
    const parsed = parseCertificatePair(ecdsa.chain, ecdsa.key);
    expect(parsed).toEqual({
      ok: true,
      value: {
        notBefore: '2020-01-01T00:00:00.000Z',
        notAfter: '2030-05-06T07:08:09.000Z',
        dnsNames: ['a.example.com', '*.b.example.com'],
        keyType: 'ec',
      },
    });
  });

  it('takes an RSA pair, and the leaf of a chain', () => {
    expect(parseCertificatePair(`${rsa.chain}${ecdsa.chain}`, rsa.key).ok).toBe(true);
    expect(parseCertificatePair(`${ecdsa.chain}${rsa.chain}`, rsa.key).ok).toBe(false);
  });

  it.each([
    ['a key of another certificate', ecdsa.chain, rsa.key, 'does not belong'],
    ['no certificate', 'hello', rsa.key, 'no PEM certificate'],
    ['a torn certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', rsa.key, 'no X.509'],
    ['no key', rsa.chain, 'hello', 'not readable'],
    [
      'an encrypted key',
      rsa.chain,
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----',
      'encrypted',
    ],
    ['a short RSA key', small.chain, small.key, '1024 bits'],
    ['an Ed25519 key', ed25519.chain, ed25519.key, 'ed25519'],
  ])('refuses %s', (_, chain, key, message) => {
    const parsed = parseCertificatePair(chain, key);
    expect(parsed.ok ? '' : parsed.error).toContain(message);
  });
});

describe('parseCaBundle', () => {
  it('keeps the certificates and drops what stands between them', () => {
    const parsed = parseCaBundle(`# first\n${rsa.chain}\n# second\n${ecdsa.chain}`);
    expect(parsed.ok && parsed.value.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(parsed.ok && parsed.value.includes('#')).toBe(false);
  });

  it('refuses a bundle without a certificate', () => {
    expect(parseCaBundle('').ok).toBe(false);
  });
});
