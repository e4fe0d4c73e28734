import { type Client, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRequest } from '../../src/explain/explain.ts';
import { renderExplanation } from '../../src/explain/render-explanation.ts';
import { parseRequest } from '../../src/explain/request.ts';
import { createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { freePort, type EnvoyUnderTest } from './envoy-under-test.ts';
import { callUnary, chat, createGrpcClient, startGrpcBackend, type CallEnd, type GrpcBackend } from './grpc-peer.ts';
import { serviceYaml, startManifests, translationOf } from './manifest-gateway.ts';
import { send } from './request.ts';

const pair = createTestCertificate(['secure.test']);
const services = ['shop.Cart', 'shop.Order', 'other.Cart'];
const backends: GrpcBackend[] = [];
const clients: Client[] = [];
let envoy: EnvoyUnderTest | undefined;
let http = 0;
let https = 0;

function grpcRoute(name: string, hostname: string, rules: string, section = 'http'): string {
  return `kind: GRPCRoute
metadata: {name: ${name}}
spec:
  parentRefs: [{name: gw, sectionName: ${section}}]
  hostnames: [${hostname}]
  rules: ${rules}`;
}

const to = (name: string, more = '') => `backendRefs: [{name: ${name}, port: 80${more}}]`;
const session = 'sessionPersistence: {type: Header, sessionName: x-session}';

const documents = (ports: readonly number[]) => [
  `kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: http, port: ${http}, protocol: HTTP}
    - {name: secure, port: ${https}, protocol: HTTPS, hostname: secure.test, tls: {certificateRefs: [{name: pair}]}}`,
  secretYaml('pair', pair),
  // One port says what it speaks, the others do not.
  ...['a', 'b', 'c'].map((name, index) =>
    serviceYaml(name, ports[index] ?? 0, name === 'a' ? 'kubernetes.io/h2c' : undefined),
  ),
  grpcRoute(
    'match',
    'match.test',
    `[{matches: [{method: {service: shop.Cart, method: Add}}], ${to('a')}},
      {matches: [{method: {service: shop.Cart}}, {headers: [{name: version, value: two}]}], ${to('b')}},
      {matches: [{method: {type: RegularExpression, service: "other\\\\..*", method: "A.+"}}, {method: {method: List}}],
       ${to('c')}}]`,
  ),
  grpcRoute('all', 'all.test', `[{${to('c')}}]`),
  grpcRoute(
    'change',
    'change.test',
    `[{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-set, value: rule}], remove: [x-gone]}},
         {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: x-answer, value: rule}]}},
         {type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}],
       backendRefs: [{name: a, port: 80, filters: [
         {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-backend, value: a}]}},
         {type: ResponseHeaderModifier, responseHeaderModifier: {remove: [x-internal]}}]}]}]`,
  ),
  grpcRoute(
    'broken',
    'broken.test',
    `[{matches: [{method: {method: Add}}], ${to('gone')}},
      {matches: [{method: {method: Remove}}], backendRefs: [{name: a, port: 80}, {name: gone, port: 80}]},
      {matches: [{method: {method: List}}], filters: [{type: ExtensionRef, extensionRef: {group: x.dev, kind: X, name: x}}],
       ${to('a')}}]`,
  ),
  grpcRoute(
    'weights',
    'weights.test',
    `[{backendRefs: [{name: a, port: 80, weight: 7}, {name: b, port: 80, weight: 3}, {name: c, port: 80, weight: 0}]}]`,
  ),
  grpcRoute('session', 'session.test', `[{${session}, backendRefs: [{name: b, port: 80}, {name: c, port: 80}]}]`),
  grpcRoute('secure', 'secure.test', `[{${to('a')}}]`, 'secure'),
];

beforeAll(async () => {
  for (const name of ['a', 'b', 'c']) backends.push(await startGrpcBackend(name, services));
  [http, https] = [await freePort(), await freePort()];
  envoy = await startManifests(documents(backends.map(({ port }) => port)), [http, https]);
});

afterAll(async () => {
  for (const client of clients) client.close();
  await envoy?.stop();
  for (const backend of backends) backend.stop();
});

function clientOf(host: string): Client {
  const client = createGrpcClient(http, host);
  clients.push(client);
  return client;
}

const call = (host: string, path: string, headers?: Record<string, string>): Promise<CallEnd> =>
  callUnary(clientOf(host), path, headers);

const served = [
  ['match.test', '/shop.Cart/Add', {}, 'a'],
  ['match.test', '/shop.Cart/Remove', {}, 'b'],
  ['match.test', '/shop.Order/Remove', { version: 'two' }, 'b'],
  ['match.test', '/other.Cart/Add', {}, 'c'],
  ['match.test', '/shop.Order/List', {}, 'c'],
  // The service goes before the method.
  ['match.test', '/shop.Cart/List', {}, 'b'],
  ['all.test', '/shop.Order/Add', {}, 'c'],
] as const;

const refused = [
  ['match.test', '/shop.Order/Add', 'UNIMPLEMENTED'],
  ['match.test', '/shop.Order/Add/List', 'UNIMPLEMENTED'],
  ['nobody.test', '/shop.Cart/Add', 'UNIMPLEMENTED'],
  ['broken.test', '/shop.Cart/Add', 'UNAVAILABLE'],
  ['broken.test', '/shop.Cart/List', 'UNKNOWN'],
] as const;

/** What `explain` says of a call. */
function explained(host: string, path: string, headers: Record<string, string>): string {
  const written = Object.entries({ 'content-type': 'application/grpc', ...headers });
  const request = parseRequest('POST', `http://${host}:${http}${path}`, {
    headers: written.map(([name, value]) => `${name}: ${value}`),
  });
  if (!request.ok) throw new Error(request.error);
  const translation = translationOf(documents(backends.map(({ port }) => port)));
  return explainRequest(translation, request.value)
    .map((explanation) => renderExplanation(explanation, { colors: false, notChosen: 0 }).replaceAll(/^ +/gm, ''))
    .join('');
}

describe('GRPCRoutes on a real Envoy', () => {
  it.each(served)('takes a call of %s%s with %o to its backend', async (host, path, headers, backend) => {
    const { code, seen } = await call(host, path, headers);
    expect({ code, backend: seen?.backend, path: seen?.path }).toEqual({ code: status.OK, backend, path });
    expect(explained(host, path, headers)).toMatch(new RegExp(`^backend +default/${backend}:80`, 'm'));
  });

  it.each(refused)('ends a call of %s%s with status %s', async (host, path, code) => {
    expect((await call(host, path)).code).toBe(status[code]);
    expect(explained(host, path, {})).toContain(`a client is told ${code}`);
  });

  it('ends the share of a backend that can not be used with UNAVAILABLE', async () => {
    const client = clientOf('broken.test');
    const ends = await Promise.all(Array.from({ length: 100 }, () => callUnary(client, '/shop.Cart/Remove')));
    const refused = ends.filter(({ code }) => code === status.UNAVAILABLE).length;
    expect(ends.filter(({ code }) => code === status.OK).length + refused).toBe(100);
    expect(refused).toBeGreaterThan(25);
    expect(refused).toBeLessThan(75);
  });

  it('takes nothing that is not gRPC', async () => {
    const reply = await send({ port: http, host: 'all.test', path: '/shop.Cart/Add', method: 'POST' });
    expect(reply.status).toBe(404);
  });

  it('changes headers of the rule and of the backend, and mirrors', async () => {
    const mirrored = backends[1]?.seen.length ?? 0;
    const { code, headers, seen } = await call('change.test', '/shop.Cart/Add', { 'x-gone': '1', 'x-set': 'client' });
    expect(code).toBe(status.OK);
    expect(seen?.metadata).toMatchObject({ 'x-set': 'rule', 'x-backend': 'a' });
    expect(seen?.metadata).not.toHaveProperty('x-gone');
    expect(headers).toMatchObject({ 'x-answer': 'rule' });
    expect(headers).not.toHaveProperty('x-internal');
    await expect.poll(() => backends[1]?.seen.length).toBe(mirrored + 1);
  });

  it('shares calls by weight', async () => {
    const client = clientOf('weights.test');
    const ends = await Promise.all(Array.from({ length: 300 }, () => callUnary(client, '/shop.Cart/Add')));
    const count = (name: string) => ends.filter(({ seen }) => seen?.backend === name).length;
    expect(count('a') + count('b')).toBe(300);
    expect(count('a')).toBeGreaterThan(170);
    expect(count('a')).toBeLessThan(250);
  });

  it('holds a session by its header', async () => {
    const client = clientOf('session.test');
    const { headers, seen } = await callUnary(client, '/shop.Cart/Add');
    const key = { 'x-session': headers['x-session'] ?? '' };
    const ends = await Promise.all(Array.from({ length: 20 }, () => callUnary(client, '/shop.Cart/Add', key)));
    expect(new Set(ends.map((end) => end.seen?.backend))).toEqual(new Set([seen?.backend]));
  });

  it('keeps a stream open both ways', async () => {
    expect(await chat(clientOf('all.test'), '/shop.Cart/Chat', ['one', 'two', 'three'])).toEqual([
      'c: one',
      'c: two',
      'c: three',
    ]);
  });

  it('agrees on HTTP/2 with clients over TLS', async () => {
    const client = createGrpcClient(https, 'secure.test', pair.chain);
    clients.push(client);
    const { code, seen } = await callUnary(client, '/shop.Cart/Add');
    expect({ code, backend: seen?.backend }).toEqual({ code: status.OK, backend: 'a' });
  });
});
