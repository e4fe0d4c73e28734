import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callAbsolute } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';

let gateway: EgressGateway;
let server: Server;
let port: number;
const seen: string[] = [];

const pods = `
kind: Pod
metadata: {name: checkout-1, labels: {app: checkout}}
spec: {serviceAccountName: payments, containers: []}
status: {podIP: 127.0.0.11}
---
kind: Pod
metadata: {name: batch-1, labels: {app: batch}}
spec: {containers: []}
status: {podIP: 127.0.0.12}
---
kind: Pod
metadata: {name: batch-2, labels: {app: batch}}
spec: {serviceAccountName: payments, containers: []}
status: {podIP: 127.0.0.13}
`;

const egress = (to: number) => `
kind: Egress
metadata: {name: accounts}
spec:
  from: {serviceAccounts: [payments]}
  rules:
  - name: patient
    to: [{hosts: [patient.test], ports: [{port: ${to}, protocol: HTTP}]}]
    retries: {attempts: 3, codes: [503], backoff: 1ms}
  - name: hasty
    to: [{hosts: [hasty.test], ports: [{port: ${to}, protocol: HTTP}]}]
    timeouts: {request: 300ms}
---
kind: Egress
metadata: {name: both}
spec:
  from:
    podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [checkout]}]}
    serviceAccounts: [payments]
  rules:
  - name: both
    to: [{hosts: [both.test], ports: [{port: ${to}, protocol: HTTP}]}]
`;

beforeAll(async () => {
  // `/busy` answers 503 twice for each host and then 200; `/silent` answers nothing.
  server = createServer((request, response) => {
    const call = `${request.headers.host?.split(':')[0]}${request.url}`;
    seen.push(call);
    if (request.url === '/silent') return;
    const count = seen.filter((other) => other === call).length;
    response.writeHead(request.url === '/busy' && count <= 2 ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, outside.first, resolve));
  // Listening on an address and port.
  ({ port } = server.address() as AddressInfo);
  gateway = await startEgressGateway({ listeners: [{ name: 'http' }], objects: () => `${pods}---${egress(port)}` });
  for (const name of ['patient', 'hasty', 'both']) gateway.dns.answer(`${name}.test`, outside.first);
});

afterAll(async () => {
  await gateway?.stop();
  server?.closeAllConnections();
  server?.close();
});

const call = async (host: string, path: string, from = '127.0.0.11') =>
  (await callAbsolute({ port: gateway.ports['http'] ?? 0, url: `http://${host}:${port}${path}`, from })).status;

describe('retries and timeouts of a rule', () => {
  it('try the codes that it names again, and no rule without retries does', async () => {
    expect(await call('patient.test', '/busy')).toBe(200);
    expect(seen.filter((entry) => entry === 'patient.test/busy')).toHaveLength(3);
    expect(await call('hasty.test', '/busy')).toBe(503);
    expect(seen.filter((entry) => entry === 'hasty.test/busy')).toHaveLength(1);
  });

  it('give up a request that takes longer than its timeout', async () => {
    expect(await call('hasty.test', '/silent')).toBe(504);
  });
});

describe('callers', () => {
  it('are selected by their service account', async () => {
    expect(await call('patient.test', '/', '127.0.0.11')).toBe(200);
    expect(await call('patient.test', '/', '127.0.0.12')).toBe(403);
    expect(await call('patient.test', '/', '127.0.0.13')).toBe(200);
  });

  it('must fit both the selector and the service accounts where both are set', async () => {
    expect(await call('both.test', '/', '127.0.0.11')).toBe(403);
    expect(await call('both.test', '/', '127.0.0.12')).toBe(403);
    expect(await call('both.test', '/', '127.0.0.13')).toBe(200);
  });
});
