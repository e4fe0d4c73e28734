import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type OutsideServer } from './outside-server.ts';
import { callAbsolute } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';

let gateway: EgressGateway;
let server: OutsideServer;

const pods = `
kind: Pod
metadata: {name: checkout-1, labels: {app: checkout}}
spec: {serviceAccountName: payments, containers: []}
status: {podIP: 127.0.0.11}
---
kind: Pod
metadata: {name: other-1, labels: {app: other}}
spec: {containers: []}
status: {podIP: 127.0.0.12}
`;

const egress = (port: number) => `
kind: Egress
metadata: {name: checkout}
spec:
  from: {podSelector: {matchLabels: {app: checkout}}}
  rules:
  - name: api
    to: [{hosts: [api.test], ports: [{port: ${port}, protocol: HTTP}]}]
    http:
    - {methods: [GET, HEAD], path: {value: /v1}}
    - {methods: [POST], path: {type: Exact, value: /v1/orders}}
  - name: no-admin
    action: Deny
    to: [{hosts: ["*.test"], ports: [{port: ${port}, protocol: HTTP}]}]
    http: [{path: {value: /v1/admin}}]
  - name: wild
    to: [{hosts: ["*.wild.test"], ports: [{port: ${port}, protocol: HTTP}]}]
`;

const call = (path: string, rest: { from?: string; method?: string; headers?: Record<string, string>; host?: string } = {}) =>
  callAbsolute({ port: gateway.ports['http'] ?? 0, url: `http://${rest.host ?? `api.test:${server.port}`}${path}`, ...rest });

beforeAll(async () => {
  server = await startServer(outside.first);
  gateway = await startEgressGateway({ listeners: [{ name: 'http' }], objects: () => `${pods}---${egress(server.port)}` });
  gateway.dns.answer('api.test', outside.first);
  gateway.dns.answer('a.wild.test', outside.first);
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
});

describe('calls in absolute form', () => {
  it('are forwarded where a rule allows host, port, method and path', async () => {
    const reply = await call('/v1/x?q=1');
    expect(reply.status, reply.body).toBe(200);
    expect(server.seen.at(-1)).toMatchObject({ method: 'GET', path: '/v1/x?q=1', headers: { host: `api.test:${server.port}` } });
  });
});
