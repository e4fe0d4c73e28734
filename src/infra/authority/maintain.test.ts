import { X509Certificate } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { createMemoryCluster, type MemoryCluster } from '../../../test/fixture/memory-cluster.ts';
import { authoritySecretRef, readAuthoritySecret } from './authority-secret.ts';
import { maintainAuthorities } from './maintain.ts';
import { type Authorities, defaultLifetimes, trustBundle } from './plan.ts';
import { type IssuedIdentity, serverIdentity } from './server-identity.ts';

const hour = 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');

let client: MemoryCluster;
beforeEach(() => {
  client = createMemoryCluster();
});

async function maintain(now: number): Promise<{ authorities: Authorities; until: number }> {
  const result = await maintainAuthorities({ client, namespace: 's', lifetimes: defaultLifetimes, now: () => now });
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const verifies = (pem: string, issuer: string) =>
  new X509Certificate(pem).verify(new X509Certificate(issuer).publicKey);

it('makes an authority once, and finds it again', async () => {
  const { authorities } = await maintain(start);
  expect(client.writes()).toEqual(['apply Secret/sallyport-authority']);
  expect((await maintain(start + hour)).authorities).toEqual(authorities);
  expect(client.writes()).toEqual([]);
});

it('changes the authority so that whoever trusted before and after always trusts what signs', async () => {
  const seen: Authorities[] = [];
  let now = start;
  // Whoever was told last turn must trust what is signed this turn, and the other way round.
  let before = (await maintain(now)).authorities;
  for (let turn = 0; turn < 12; turn += 1) {
    const { authorities, until } = await maintain(now);
    expect(trustBundle(before)).toContain(authorities.signing.certificate);
    expect(trustBundle(authorities)).toContain(before.signing.certificate);
    seen.push(authorities);
    before = authorities;
    now = until;
  }
  expect(new Set(seen.map(({ signing }) => signing.certificate)).size).toBeGreaterThan(3);
});

it('begins anew after a pause of a lifetime', async () => {
  const { authorities } = await maintain(start);
  const after = await maintain(start + defaultLifetimes.authorityMs + hour);
  expect(after.authorities.signing.certificate).not.toBe(authorities.signing.certificate);
  expect(after.authorities.previous).toBeUndefined();
});

it('leaves a Secret that it can not read alone, and says so without its content', async () => {
  const ref = authoritySecretRef('s');
  client.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ref,
    data: { 'tls.crt': 'bm90aGluZw==', 'tls.key': 'c2VjcmV0' },
  });
  const result = await maintainAuthorities({ client, namespace: 's', lifetimes: defaultLifetimes, now: () => start });
  expect(result).toEqual({
    ok: false,
    error: 'Secret s/sallyport-authority holds no authority; delete it to have a new one made',
  });
  expect(client.writes()).toEqual([]);
});

it('reads back all that it has written', async () => {
  const { until } = await maintain(start);
  const { authorities } = await maintain(until);
  expect(authorities.next).toBeDefined();
  const secret = client.find('Secret', 'sallyport-authority');
  expect(secret && readAuthoritySecret(secret)).toEqual({ ok: true, value: authorities });
});

it('gives a server what it needs, and keeps that while it will do', async () => {
  const options = (now: number) => ({ dnsNames: ['xds.s.svc', 'xds.s'], leafMs: 24 * hour, now });
  const { authorities } = await maintain(start);
  const first = await serverIdentity(undefined, authorities, options(start));
  expect(verifies(first.certificate, authorities.signing.certificate)).toBe(true);
  const again = (before: IssuedIdentity, to: Authorities, now: number) => serverIdentity(before, to, options(now));
  expect(await again(first, authorities, start + hour)).toBe(first);
  expect((await again(first, authorities, first.renewAt)).certificate).not.toBe(first.certificate);
  const more = { ...authorities, next: authorities.signing };
  const trusting = await again(first, more, start);
  expect(trusting).toEqual({ ...first, authorities: trustBundle(more) });
});
