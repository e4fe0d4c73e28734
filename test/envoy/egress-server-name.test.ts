import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate } from '../fixture/certificate.ts';
import { requestOverTls } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';

let gateway: EgressGateway;
let server: OutsideServer;
let inside: OutsideServer;

const ca = createTestCertificate(['ca.test']);
const certificate = createTestCertificate(
  ['api.test', 'opened.test', 'moved.test', 'dead.test', 'other.test', '*.wild.test'],
  { issuer: ca },
);

const pods = (address: string) => `
kind: Pod
metadata: {name: checkout-1, labels: {app: checkout}}
spec: {containers: []}
status: {podIP: ${address}}
---`;

const egress = (port: number) => `
kind: Egress
metadata: {name: checkout}
spec:
  from: {podSelector: {matchLabels: {app: checkout}}}
  rules:
  - name: api
    to: [{hosts: [api.test, "*.wild.test", moved.test, dead.test], ports: [{port: ${port}, protocol: HTTPS}]}]
  - name: not-this
    action: Deny
    to: [{hosts: [bad.wild.test], ports: [{port: ${port}, protocol: TLS}]}]
  - name: other-port
    to: [{hosts: [port.test], ports: [{port: 1, protocol: HTTPS}]}]
  - name: limited
    to: [{hosts: [limited.wild.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    rateLimit: {requests: 1, per: Second}
  - name: opened
    to: [{hosts: [opened.test], cidrs: [127.0.0.9], ports: [{port: ${port}, protocol: HTTPS}]}]
  - name: originated
    to: [{hosts: [originated.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    tls: {mode: Originate}
`;

function open(from = '127.0.0.11'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.ports['tls'] ?? 0, localAddress: from });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

const get = async (servername: string, from?: string) =>
  requestOverTls(await open(from), { ca: ca.chain, servername }, servername);

beforeAll(async () => {
  // The outside has the port of the listener, as it would have 443.
  gateway = await startEgressGateway({
    listeners: [{ name: 'tls', protocol: 'TLS', extra: { tls: { mode: 'Passthrough' } } }],
    objects: (ports) => `${pods('127.0.0.11')}${egress(ports['tls'] ?? 0)}`,
  });
  const tls = { cert: certificate.chain, key: certificate.key };
  server = await startServer(outside.first, tls, gateway.ports['tls']);
  inside = await startServer(outside.inside, tls, gateway.ports['tls']);
  for (const name of ['api', 'a.wild', 'bad.wild', 'limited.wild', 'other', 'port', 'originated'])
    gateway.dns.answer(`${name}.test`, outside.first);
  gateway.dns.answer('moved.test', outside.inside);
  gateway.dns.answer('dead.test', outside.dead, outside.inside);
  gateway.dns.answer('opened.test', outside.inside);
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
  await inside?.stop();
});

describe('TLS passed through by its server name', () => {
  it('reaches the names that rules allow on the port', async () => {
    expect(await get('api.test')).toContain('200 OK');
    expect(await get('a.wild.test')).toContain('200 OK');
  });

  it.each(['bad.wild.test', 'other.test', 'port.test', 'limited.wild.test', 'originated.test'])(
    'is closed for %s, and nothing is connected to',
    async (name) => {
      const before = server.connections();
      await expect(get(name)).rejects.toThrow();
      expect(server.connections()).toBe(before);
      await expect
        .poll(() => gateway.log().find((line) => line['sni'] === name))
        .toMatchObject({ kind: 'egress-tls', caller: '127.0.0.11' });
    },
  );

  it('is closed without a server name and for plain text', async () => {
    const before = server.connections();
    await expect(requestOverTls(await open(), { ca: ca.chain }, 'api.test')).rejects.toThrow();
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nhost: api.test\r\n\r\n');
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    expect(server.connections()).toBe(before);
  });

  it('is closed for callers that no Egress selects', async () => {
    await expect(get('api.test', '127.0.0.12')).rejects.toThrow();
  });

  it('is guarded after resolution, but where a rule names the address', async () => {
    await expect(get('moved.test')).rejects.toThrow();
    await expect(get('dead.test')).rejects.toThrow();
    expect(inside.connections()).toBe(0);
    expect(await get('opened.test')).toContain('200 OK');
    expect(inside.connections()).toBe(1);
  });

  it('follows the pods', async () => {
    gateway.update(`${pods('127.0.0.14')}${egress(gateway.ports['tls'] ?? 0)}`);
    const allowed = (from: string) =>
      get('api.test', from).then(
        () => true,
        () => false,
      );
    await expect.poll(() => allowed('127.0.0.14')).toBe(true);
    expect(await allowed('127.0.0.11')).toBe(false);
  });
});
