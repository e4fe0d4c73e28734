import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gatewayName } from '../../ir/name.ts';
import { identifyProxy } from './identify.ts';
import { identityUri, parseIdentity } from './identity.ts';
import { issueAuthority, issueClient, issueServer } from './issue.ts';

const gateway = { namespace: 'shop', name: 'public.v2', uid: '2f7c0a9e-0b0f-4a53-8f0e-52a1b5a4c7d3' };

describe('parseIdentity', () => {
  it('reads what a certificate of ours says', async () => {
    const now = Date.now();
    const authority = await issueAuthority(now, 60_000);
    const { certificate } = await issueClient(authority, gateway, now, 60_000);
    const read = new X509Certificate(certificate);
    expect(parseIdentity(read.subjectAltName)).toEqual(gateway);
    expect(read.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(read.ca).toBe(false);
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  it.each([
    undefined,
    '',
    'DNS:shop',
    identityUri(gateway),
    `URI:${identityUri(gateway)}, URI:${identityUri({ ...gateway, namespace: 'bank' })}`,
    `DNS:x, URI:${identityUri(gateway)}`,
    `URI:"${identityUri(gateway)}"`,
    'URI:sallyport://gateways/shop/public',
    'URI:sallyport://gateways/shop/public/u/1',
    'URI:spiffe://gateways/shop/public/u',
  ])('takes %s for nobody', (text) => {
    expect(parseIdentity(text)).toBeUndefined();
  });
});

describe('issueServer', () => {
  it('names the hosts, and is no client', async () => {
    const now = Date.now();
    const authority = await issueAuthority(now, 60_000);
    const { certificate } = await issueServer(authority, ['xds.a.svc', 'xds.a'], now, 60_000);
    const read = new X509Certificate(certificate);
    expect(read.subjectAltName).toBe('DNS:xds.a.svc, DNS:xds.a');
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(parseIdentity(read.subjectAltName)).toBeUndefined();
  });
});

describe('identifyProxy', () => {
  const callOf = (subjectaltname?: string) => ({ getAuthContext: () => ({ sslPeerCertificate: { subjectaltname } }) });
  const known = gatewayName('shop', 'public.v2');
  const uidOf = (name: string) => (name === known ? gateway.uid : undefined);

  it('knows a proxy by its certificate, while its Gateway is the same', () => {
    expect(identifyProxy(callOf(`URI:${identityUri(gateway)}`), uidOf)).toBe(known);
    expect(identifyProxy(callOf(`URI:${identityUri({ ...gateway, uid: 'another' })}`), uidOf)).toBeUndefined();
    expect(identifyProxy(callOf(`URI:${identityUri({ ...gateway, name: 'gone' })}`), uidOf)).toBeUndefined();
    expect(identifyProxy(callOf(), uidOf)).toBeUndefined();
    expect(identifyProxy({ getAuthContext: () => ({}) }, uidOf)).toBeUndefined();
  });
});
