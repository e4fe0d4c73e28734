import { describe, expect, it } from 'vitest';
import { translateCase } from '../../../test/golden/ingress-case.ts';

const shop = 'shop.example.com';
const toWeb = ['Prefix / -> shop/web:80'];

describe('a listener that leaves its certificates to Ingresses', () => {
  it('is programmed without a certificate, and has no section of its own', () => {
    const [gateway] = translateCase('tls-host').gateways.values();
    const listener = gateway?.listeners.find(({ name }) => name === 'https');
    expect(listener?.section).toBeUndefined();
    expect(listener?.conditions.filter(({ status }) => status === 'False').map(({ type }) => type)).toEqual([
      'Conflicted',
    ]);
    const programmed = gateway?.conditions.find(({ type }) => type === 'Programmed');
    expect(programmed?.message).toBe('All listeners are served.');
  });
});

describe('TLS of an Ingress', () => {
  it('gives a host its certificate and leaves plain HTTP on', () => {
    const { certificates, routes, diagnostics, gatewayDiagnostics, ingresses } = translateCase('tls-host');
    expect(certificates).toEqual([`${shop}: Secret/shop/shop-cert`]);
    expect(routes('https/443', shop)).toEqual(toWeb);
    expect(routes('http/80', shop)).toEqual(toWeb);
    expect(routes('https/443', 'other.example.com')).toBeUndefined();
    expect([...diagnostics, ...gatewayDiagnostics]).toEqual([]);
    expect(ingresses.certificates.map(({ object }) => object.name)).toEqual(['shop-cert']);
  });

  it('serves hosts without a certificate of their own with the default one', () => {
    const { certificates, routes } = translateCase('tls-default-certificate');
    expect(certificates).toEqual(['*: Secret/sallyport-system/ingress-default', `${shop}: Secret/shop/shop-cert`]);
    expect(routes('https/443', shop)).toEqual(toWeb);
    expect(routes('https/443', 'plain.example.com')).toEqual(toWeb);
  });

  it('is for all hosts of the Ingress where the entry names none', () => {
    const { certificates, routes, diagnostics } = translateCase('tls-without-hosts');
    expect(certificates).toEqual([`${shop}: Secret/shop/shop-cert`, 'www.example.com: Secret/shop/shop-cert']);
    expect(routes('https/443', 'www.example.com')).toEqual(toWeb);
    // The certificate is for the other host.
    expect(diagnostics).toEqual(['warning CertificateNameMismatch Ingress shop/web spec.tls[0]']);
  });

  it('needs a default certificate where the entry names no Secret', () => {
    const { certificates, routes, diagnostics } = translateCase('tls-without-secret');
    expect(certificates).toEqual([]);
    expect(routes('http/80', shop)).toEqual(toWeb);
    expect(diagnostics).toEqual(['warning NoDefaultCertificate Ingress shop/web spec.tls[0].hosts[0]']);
  });

  it('serves no host with another certificate than the one it asks for', () => {
    const { certificates, routes, diagnostics } = translateCase('tls-secret-missing');
    expect(certificates).toEqual(['*: Secret/sallyport-system/ingress-default']);
    expect(routes('https/443', shop)).toEqual(['Prefix / -> 503']);
    expect(routes('https/443', 'plain.example.com')).toEqual(toWeb);
    expect(routes('http/80', shop)).toEqual(toWeb);
    expect(diagnostics).toEqual(['error InvalidCertificateRef Ingress shop/web spec.tls[0].secretName']);
  });

  it('takes no Secret of another namespace', () => {
    const { certificates, diagnostics } = translateCase('tls-secret-elsewhere');
    expect(certificates).toEqual([]);
    expect(diagnostics).toEqual(['error InvalidCertificateRef Ingress shop/web spec.tls[0].secretName']);
  });

  it('goes to the older Ingress where two bring a certificate, while both route', () => {
    const { certificates, routes, diagnostics } = translateCase('tls-conflict');
    expect(certificates).toEqual([`${shop}: Secret/shop/shop-cert`]);
    expect(routes('https/443', shop)).toEqual(['Prefix /new -> other/web:80', ...toWeb]);
    expect(diagnostics).toEqual(['warning CertificateNotUsed Ingress other/newer spec.tls[0].hosts[0]']);
  });

  it("leaves a listener's own certificate in place", () => {
    const { certificates, routes, diagnostics } = translateCase('tls-listener');
    expect(certificates).toEqual([`${shop}: Secret/shop/other-cert`]);
    expect(routes('https/8443', shop)).toEqual(toWeb);
    expect(diagnostics).toEqual(['warning CertificateNotUsed Ingress shop/web spec.tls[0].hosts[0]']);
  });

  it('serves a host that no rule names by the rules without a host', () => {
    const { routes } = translateCase('tls-rule-without-host');
    expect(routes('https/443', shop)).toEqual(toWeb);
    expect(routes('http/80', shop)).toEqual(toWeb);
  });

  it('is reported where the Gateway has no HTTPS', () => {
    const { routes, diagnostics } = translateCase('tls-no-https');
    expect(routes('http/8080', shop)).toEqual(toWeb);
    expect(diagnostics).toEqual(['warning NoHttpsListener Ingress shop/web spec.tls[0].hosts[0]']);
  });
});
