import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caYaml, createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { callAbsolute, openTunnel } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';

let gateway: EgressGateway;
let server: OutsideServer;
let strict: OutsideServer;

const ca = createTestCertificate(['ca.test']);
const otherCa = createTestCertificate(['other-ca.test']);
const certificate = createTestCertificate(['api.test', 'post.test', 'other-ca.test', 'no-ca.test'], { issuer: ca });
const client = createTestCertificate(['client.test'], { issuer: ca });

const objects = (port: number, strictPort: number) => `
kind: Pod
metadata: {name: checkout-1}
spec: {containers: []}
status: {podIP: 127.0.0.11}
---
${caYaml('ConfigMap', 'ca', ca.chain)}
---
${caYaml('ConfigMap', 'other-ca', otherCa.chain)}
---
${secretYaml('client', client)}
---
kind: Egress
metadata: {name: all}
spec:
  from: {podSelector: {}}
  rules:
  - name: api
    to: [{hosts: [api.test, wrong-name.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    tls: {mode: Originate, caCertificateRefs: [{name: ca}]}
  - name: only-post
    to: [{hosts: [post.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    http: [{methods: [POST], path: {value: /v1}}]
    tls: {mode: Originate, caCertificateRefs: [{name: ca}]}
  - name: other-ca
    to: [{hosts: [other-ca.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    tls: {mode: Originate, caCertificateRefs: [{name: other-ca}]}
  - name: no-ca
    to: [{hosts: [no-ca.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    tls: {mode: Originate, caCertificateRefs: [{name: missing}]}
  - name: with-certificate
    to: [{hosts: [api.test], ports: [{port: ${strictPort}, protocol: HTTPS}]}]
    tls: {mode: Originate, caCertificateRefs: [{name: ca}], clientCertificateRef: {name: client}}
  - name: without-certificate
    to: [{hosts: [post.test], ports: [{port: ${strictPort}, protocol: HTTPS}]}]
    tls: {mode: Originate, caCertificateRefs: [{name: ca}]}
  - name: system
    to: [{hosts: [system.test], ports: [{port: ${port}, protocol: HTTPS}]}]
    tls: {mode: Originate}
`;

const call = (host: string, path = '/', method = 'GET') =>
  callAbsolute({ port: gateway.ports['http'] ?? 0, url: `http://${host}${path}`, method });

beforeAll(async () => {
  const tls = { cert: certificate.chain, key: certificate.key };
  server = await startServer(outside.first, tls);
  strict = await startServer(outside.second, { ...tls, ca: ca.chain, requestCert: true, rejectUnauthorized: true });
  gateway = await startEgressGateway({
    listeners: [{ name: 'http' }],
    objects: () => objects(server.port, strict.port),
  });
  for (const name of ['api', 'post', 'other-ca', 'no-ca', 'wrong-name', 'system']) {
    gateway.dns.answer(`${name}.test`, outside.first, outside.second);
  }
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
  await strict?.stop();
});

describe('TLS that the gateway speaks for a workload', () => {
  it('reaches a host by its name, checked with the given CA', async () => {
    const reply = await call(`api.test:${server.port}`, '/x');
    expect(reply, reply.body).toMatchObject({ status: 200, body: outside.first });
    expect(server.seen.at(-1)).toMatchObject({ method: 'GET', path: '/x', serverName: 'api.test' });
  });

  it('keeps to the methods and paths of the rule', async () => {
    expect((await call(`post.test:${server.port}`, '/v1/x', 'POST')).status).toBe(200);
    expect((await call(`post.test:${server.port}`, '/v1/x', 'GET')).status).toBe(403);
    expect((await call(`post.test:${server.port}`, '/v2', 'POST')).status).toBe(403);
  });

  it.each([
    ['names another host', 'wrong-name.test'],
    ['is signed by another CA', 'other-ca.test'],
    ['is signed by a CA that the system does not know', 'system.test'],
  ])('fails where the certificate %s', async (_, host) => {
    const before = server.seen.length;
    expect((await call(`${host}:${server.port}`)).status).toBe(503);
    expect(server.seen.length).toBe(before);
  });

  it('is refused where the CA is missing, and the answer says so', async () => {
    const reply = await call(`no-ca.test:${server.port}`);
    expect(reply.status).toBe(403);
    expect(reply.headers['x-sallyport-egress']).toContain(
      "rule default/all/no-ca can't be served: ConfigMap default/missing does not exist.",
    );
  });

  it('shows the client certificate of the rule', async () => {
    expect((await call(`api.test:${strict.port}`)).status).toBe(200);
    expect((await call(`post.test:${strict.port}`)).status).toBe(503);
  });

  it('leaves no way around it by a tunnel', async () => {
    const opened = await openTunnel(gateway.ports['http'] ?? 0, `post.test:${server.port}`);
    expect('socket' in opened).toBe(false);
  });
});
