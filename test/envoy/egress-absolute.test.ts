import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type OutsideServer } from './outside-server.ts';
import { callAbsolute } from './egress-client.ts';
import type { Reply } from './request.ts';
import { outside, parseRefusal, startEgressGateway, type EgressGateway, type Refusal } from './egress-gateway.ts';

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

const call = (
  path: string,
  rest: { from?: string; method?: string; headers?: Record<string, string>; host?: string } = {},
) =>
  callAbsolute({
    port: gateway.ports['http'] ?? 0,
    url: `http://${rest.host ?? `api.test:${server.port}`}${path}`,
    ...rest,
  });

beforeAll(async () => {
  server = await startServer(outside.first);
  gateway = await startEgressGateway({
    listeners: [{ name: 'http' }],
    objects: () => `${pods}---${egress(server.port)}`,
  });
  gateway.dns.answer('api.test', outside.first);
  gateway.dns.answer('a.wild.test', outside.first);
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
});

/** What the gateway says of a refused call. */
function refusal(reply: Reply): Refusal {
  expect(reply.status, reply.body).toBe(403);
  return parseRefusal(reply.body);
}

describe('calls in absolute form', () => {
  it('are forwarded where a rule allows host, port, method and path', async () => {
    const reply = await call('/v1/x?q=1');
    expect(reply.status, reply.body).toBe(200);
    expect(server.seen.at(-1)).toMatchObject({
      method: 'GET',
      path: '/v1/x?q=1',
      headers: { host: `api.test:${server.port}` },
    });
    expect((await call('/v1/orders', { method: 'POST' })).status).toBe(200);
  });

  it('are denied for a host that no rule names, and the answer says what is missing and who called', async () => {
    const reply = await call('/secret?token=1', { host: 'nope.example', method: 'PUT' });
    const body = refusal(reply);
    expect(body).toMatchObject({
      error: 'egress denied',
      caller: '127.0.0.11',
      pod: 'default/checkout-1',
      serviceAccount: 'default/payments',
      selectedBy: '[default/checkout]',
      host: 'nope.example',
      method: 'PUT',
      path: '/secret',
    });
    expect(body.why).toContain(
      'no rule of the Egress objects that select the caller allows PUT http://nope.example/secret',
    );
    expect(reply.headers['x-sallyport-egress']).toContain('selected by [default/checkout]');
  });

  it('are denied for another method, path or port of a host that has rules', async () => {
    expect(refusal(await call('/v1/x', { method: 'DELETE' })).why).toContain('there are rules for this host and port');
    expect(refusal(await call('/v1/orders/1', { method: 'POST' })).why).toContain('/v1/orders/1');
    expect(refusal(await call('/v10')).why).toContain('/v10');
    expect(refusal(await call('/v1', { host: 'api.test:1' })).why).toContain('api.test:1/v1');
    expect(refusal(await call('/v1', { host: `api.test.:${server.port}` })).error).toBe('egress denied');
  });

  it.each([
    '/v1/../secret',
    '/v1/%2e%2e/secret',
    '/%76%31/../secret',
    '//v1/admin',
    '/v1//admin',
    '/v1/%61dmin',
    '/v1/x/../admin',
  ])('are denied by what a path comes to: %s', async (path) => {
    expect((await call(path)).status).toBe(403);
  });

  it('are refused where a path hides its elements', async () => {
    expect((await call('/v1%2fadmin')).status).toBe(400);
  });

  it('are denied by a Deny rule with a wildcard, though a rule for the exact host allows them', async () => {
    expect(refusal(await call('/v1/admin/users')).why).toBe('rule default/checkout/no-admin denies it');
    expect((await call('/v1/administration')).status).toBe(200);
  });

  it('reach every host below a wildcard, and not the name above', async () => {
    expect((await call('/', { host: `a.wild.test:${server.port}` })).status).toBe(200);
    expect((await call('/', { host: `A.Wild.TEST:${server.port}` })).status).toBe(200);
    expect((await call('/', { host: `wild.test:${server.port}` })).status).toBe(403);
  });

  it('are denied to pods that no Egress selects, and to addresses that are no pod', async () => {
    expect(refusal(await call('/v1', { from: '127.0.0.12' }))).toMatchObject({
      pod: 'default/other-1',
      caller: '127.0.0.12',
    });
    expect(refusal(await call('/v1', { from: '127.0.0.13' })).caller).toBe('127.0.0.13');
  });

  it('can not be made in the name of another caller', async () => {
    const headers = {
      'x-sallyport-egresses': '[default/checkout]',
      'x-forwarded-for': '127.0.0.11',
      forwarded: 'for=127.0.0.11',
    };
    expect((await call('/v1', { from: '127.0.0.12', headers })).status).toBe(403);
  });

  it('believe the authority and not the Host header', async () => {
    expect((await call('/v1', { host: 'nope.example', headers: { host: `api.test:${server.port}` } })).status).toBe(
      403,
    );
  });

  it('are refused for https, which would leave in plain text', async () => {
    const before = server.connections();
    const reply = await callAbsolute({ port: gateway.ports['http'] ?? 0, url: `https://api.test:${server.port}/v1` });
    expect(reply.status).toBe(403);
    expect(server.connections()).toBe(before);
  });

  it('tell the destination nothing of the caller and the gateway', async () => {
    const headers = {
      'x-forwarded-for': '10.1.2.3',
      'x-envoy-original-path': '/x',
      'x-envoy-retry-on': '5xx',
      'x-request-id': 'abc',
      'proxy-authorization': 'Basic c2VjcmV0',
      'x-own': 'kept',
    };
    expect((await call('/v1', { headers })).status).toBe(200);
    const seen = Object.keys(server.seen.at(-1)?.headers ?? {}).sort();
    expect(seen).toEqual(['host', 'x-own']);
  });

  it('leave a line in the access log with rule, caller and decision', async () => {
    await call('/v1/logged?secret=1');
    await call('/logged-too', { host: 'nope.example' });
    await expect.poll(() => gateway.log().filter((line) => String(line['path']).includes('logged')).length).toBe(2);
    expect(gateway.log().find((line) => line['path'] === '/v1/logged')).toMatchObject({
      kind: 'egress',
      rule: 'default/checkout/api',
      decision: 'allowed',
      pod: 'default/checkout-1',
      caller: '127.0.0.11',
      serviceAccount: 'default/payments',
      egresses: '[default/checkout]',
      upstream: `${outside.first}:${server.port}`,
      status: 200,
    });
    expect(gateway.log().find((line) => line['path'] === '/logged-too')).toMatchObject({
      rule: 'no-rule',
      decision: 'denied',
      status: 403,
    });
  });

  it('follow the pods as they come and go, without a word to listeners and routes', async () => {
    const moved = pods.replace('127.0.0.11', '127.0.0.14');
    gateway.update(`${moved}---${egress(server.port)}`);
    await expect.poll(async () => (await call('/v1', { from: '127.0.0.14' })).status).toBe(200);
    expect((await call('/v1', { from: '127.0.0.11' })).status).toBe(403);
    gateway.update(`${pods}---${egress(server.port)}`);
    await expect.poll(async () => (await call('/v1', { from: '127.0.0.11' })).status).toBe(200);
    expect((await call('/v1', { from: '127.0.0.14' })).status).toBe(403);
  });
});
