import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callAbsolute, openTunnel } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';
import type { Reply } from './request.ts';

let gateway: EgressGateway;
let server: OutsideServer;
/** Has the same port, and must never be reached but where a rule names it. */
let inside: OutsideServer;

const objects = (port: number) => `
kind: Pod
metadata: {name: one, labels: {app: one}}
spec: {containers: []}
status: {podIP: 127.0.0.11}
---
kind: Pod
metadata: {name: two, labels: {app: two}}
spec: {containers: []}
status: {podIP: 127.0.0.12}
---
kind: Egress
metadata: {name: one}
spec:
  from: {podSelector: {matchLabels: {app: one}}}
  rules:
  - name: names
    to: [{hosts: ["*.test"], ports: [{port: ${port}, protocol: HTTP}]}]
  - name: tunnels
    to: [{hosts: ["*.tunnel"], ports: [{port: ${port}, protocol: TCP}]}]
  - name: wide
    to: [{hosts: [wide.example], cidrs: [127.0.0.0/8, 169.254.169.254/32], ports: [{port: ${port}, protocol: HTTP}]}]
  - name: named
    to: [{hosts: [named.example], cidrs: [127.0.0.9/32], ports: [{port: ${port}, protocol: HTTP}]}]
---
kind: Egress
metadata: {name: two, namespace: default}
spec:
  from: {podSelector: {matchLabels: {app: two}}}
  rules:
  - name: wide
    to: [{cidrs: [127.0.0.0/8], ports: [{port: ${port}, protocol: HTTP}]}]
`;

const call = (host: string, from = '127.0.0.11') =>
  callAbsolute({ port: gateway.ports['http'] ?? 0, url: `http://${host}:${server.port}/`, from });

function expectGuarded(reply: Reply): void {
  expect(reply.status, reply.body).toBe(403);
  expect(JSON.parse(reply.body)).toMatchObject({ error: 'egress denied' });
  expect(reply.headers['x-sallyport-egress']).toContain('no address that may be called');
}

beforeAll(async () => {
  server = await startServer(outside.first);
  inside = await startServer(outside.inside, undefined, server.port);
  gateway = await startEgressGateway({ listeners: [{ name: 'http' }], objects: () => objects(server.port) });
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
  await inside?.stop();
});

describe('the guard on addresses', () => {
  it.each([
    ['inside', [outside.inside]],
    ['two', [outside.inside, '127.0.0.8']],
    ['six', ['::1']],
    ['mapped', [`::ffff:${outside.inside}`]],
    ['mapped-hex', ['::ffff:7f00:9']],
    ['link-local', ['fe80::1', '169.254.169.254']],
  ])('refuses a name that resolves to guarded addresses only: %s', async (label, addresses) => {
    gateway.dns.answer(`${label}.test`, ...addresses);
    gateway.dns.answer(`${label}.tunnel`, ...addresses);
    expectGuarded(await call(`${label}.test`));
    const opened = await openTunnel(gateway.ports['http'] ?? 0, `${label}.tunnel:${server.port}`);
    if ('socket' in opened) throw new Error('a tunnel was opened');
    expect(opened.status).toBe(403);
    expect(inside.connections()).toBe(0);
  });

  it.each([
    ['first', [outside.first, outside.inside]],
    ['last', [outside.inside, outside.first]],
    ['with-six', ['::1', outside.first]],
    ['with-mapped', [`::ffff:${outside.inside}`, outside.first]],
  ])('leaves the other addresses of a name: %s', async (label, addresses) => {
    gateway.dns.answer(`${label}.test`, ...addresses);
    for (let i = 0; i < 5; i++) {
      const reply = await call(`${label}.test`);
      expect(reply).toMatchObject({ status: 200, body: outside.first });
    }
    expect(inside.connections()).toBe(0);
  });

  it('does not fall over from a dead address to a guarded one', async () => {
    gateway.dns.answer('dead.test', outside.dead, outside.inside);
    expect((await call('dead.test')).status).toBe(503);
    gateway.dns.answer('dead-first.test', outside.dead, outside.first);
    expect(await call('dead-first.test')).toMatchObject({ status: 200, body: outside.first });
    expect(inside.connections()).toBe(0);
  });

  it('holds when a name moves to a guarded address while it is in use', async () => {
    gateway.dns.answer('rebind.test', outside.first);
    expect((await call('rebind.test')).status).toBe(200);
    const before = gateway.dns.asked('rebind.test');
    gateway.dns.answer('rebind.test', outside.inside);
    // Both families of the next refresh.
    await expect.poll(() => gateway.dns.asked('rebind.test')).toBeGreaterThanOrEqual(before + 2);
    for (let i = 0; i < 20; i++) expect((await call('rebind.test')).body).not.toBe(outside.inside);
    expect(inside.connections()).toBe(0);
  }, 30_000);

  it('does not know a name that nobody knows', async () => {
    const reply = await call('unknown.test');
    expect(reply.status).toBe(403);
    expect(reply.headers['x-sallyport-egress']).toContain('dns_resolution_failure');
  });

  it('gives way to no range that is wider than it', async () => {
    gateway.dns.answer('wide.example', outside.inside);
    expectGuarded(await call('wide.example'));
    expectGuarded(await call(outside.inside, '127.0.0.12'));
    expect(await call(outside.first, '127.0.0.12')).toMatchObject({ status: 200, body: outside.first });
    expect(inside.connections()).toBe(0);
  });

  it('gives way where a rule names the address, for names of the same entry and for the address itself', async () => {
    gateway.dns.answer('named.example', outside.inside);
    expect(await call('named.example')).toMatchObject({ status: 200, body: outside.inside });
    expect(await call(outside.inside)).toMatchObject({ status: 200, body: outside.inside });
  });
});

describe('ranges that a Deny rule names', () => {
  it('are refused as addresses, and where names of the namespace resolve to them', async () => {
    gateway.dns.answer('denied.test', outside.second);
    gateway.update(`${objects(server.port)}
---
kind: Egress
metadata: {name: deny}
spec:
  from: {podSelector: {}}
  rules:
  - name: not-there
    action: Deny
    to: [{cidrs: [${outside.second}], ports: [{port: ${server.port}, protocol: TCP}]}]
`);
    await expect
      .poll(async () => (await call(outside.second, '127.0.0.12')).body)
      .toContain('rule default/deny/not-there denies it');
    expectGuarded(await call('denied.test'));
    expect(await call(outside.first, '127.0.0.12')).toMatchObject({ status: 200, body: outside.first });
  });
});
