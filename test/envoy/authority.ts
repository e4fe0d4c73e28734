import { createTestCertificate } from '../fixture/certificate.ts';

export interface CertificateAndKey {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** A certificate authority of a test's own. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  issue(names: readonly { readonly kind: 'dns' | 'url'; readonly value: string }[]): Promise<CertificateAndKey>;
}

export async function createAuthority(name: string): Promise<Authority> {
  const issuer = createTestCertificate([name]);
  return {
    certificate: issuer.chain,
    async issue(names) {
      const dns = names.filter(({ kind }) => kind === 'dns').map(({ value }) => value);
      const uris = names.filter(({ kind }) => kind === 'url').map(({ value }) => value);
      const { chain, key } = createTestCertificate(dns, { issuer, uris });
      return { certificate: chain, key };
    },
  };
}
