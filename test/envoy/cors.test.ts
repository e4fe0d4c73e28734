import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cors } from '../../src/ir/filter.ts';
import { cluster, endpoints, forward, prefix, route, weighted } from '../fixture/ir.ts';
import { startBackend, type Backend } from './backend.ts';
import { startHttpGateway, type HttpGateway } from './http-gateway.ts';
import type { Reply } from './request.ts';

const cors = (part: Partial<Cors>): Cors => ({
  allowOrigins: [{ kind: 'Exact', value: 'https://a.example' }],
  allowMethods: ['GET', 'PUT'],
  allowHeaders: ['x-one', 'x-two'],
  exposeHeaders: ['x-out'],
  allowCredentials: false,
  maxAgeSeconds: 5,
  ...part,
});

const toA = forward([weighted('a')]);

let backend: Backend;
let gateway: HttpGateway;

beforeAll(async () => {
  backend = await startBackend('a');
  gateway = await startHttpGateway({
    hosts: {
      'a.test': [
        route('listed', prefix('/listed'), toA, {
          cors: cors({
            allowOrigins: [
              { kind: 'Exact', value: 'https://a.example' },
              { kind: 'Exact', value: 'http://port.example:8080' },
              { kind: 'Pattern', value: 'https://*.wild.example' },
            ],
          }),
        }),
        route('every', prefix('/every'), toA, {
          cors: cors({
            allowOrigins: [{ kind: 'Pattern', value: '*' }],
            allowMethods: ['*'],
            allowHeaders: ['*'],
            exposeHeaders: ['*', 'x-out'],
            allowCredentials: true,
          }),
        }),
        route('scheme', prefix('/scheme'), toA, {
          cors: cors({ allowOrigins: [{ kind: 'Pattern', value: 'https://*' }] }),
        }),
        route('many', prefix('/many'), toA, {
          cors: cors({
            allowOrigins: Array.from({ length: 64 }, (_, i) => ({
              kind: 'Pattern',
              value: `https://*.tenant-${i}.a-rather-long-name.example`,
            })),
          }),
        }),
        route('method', prefix('/method', { method: 'GET' }), toA, { cors: cors({}) }),
      ],
    },
    clusters: [cluster('a')],
    endpoints: [endpoints('a', backend.port)],
  });
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.stop();
});

function corsHeaders(reply: Reply): Record<string, unknown> {
  return Object.fromEntries(Object.entries(reply.headers).filter(([name]) => name.startsWith('access-control-')));
}

const preflight = (path: string, origin: string, asked: Record<string, string> = {}) =>
  gateway.get(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT', ...asked } });

const simple = (path: string, origin: string) => gateway.get(path, { headers: { origin } });

describe('CORS on a real Envoy', () => {
  afterAll(() => expect(gateway.envoy.refusals).toEqual([]));

  it('answers the preflight of a listed origin by itself', async () => {
    const reply = await preflight('/listed', 'https://a.example');
    expect(reply.status).toBe(200);
    expect(reply.body).toBe('');
    // Envoy lists exposed headers here too, where browsers take no notice.
    expect(corsHeaders(reply)).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-one, x-two',
      'access-control-max-age': '5',
    });
  });

  it('answers the preflight of another origin without any CORS header', async () => {
    const before = backend.seen.length;
    const reply = await preflight('/listed', 'https://evil.example');
    expect([reply.status, reply.body, corsHeaders(reply)]).toEqual([204, '', {}]);
    expect(backend.seen.length).toBe(before);
  });

  it('forwards requests of every origin, with CORS headers for listed ones only', async () => {
    const listed = await simple('/listed', 'https://a.example');
    expect(corsHeaders(listed)).toEqual({
      'access-control-allow-origin': 'https://a.example',
      'access-control-expose-headers': 'x-out',
    });
    const other = await simple('/listed', 'https://evil.example');
    expect([other.status, corsHeaders(other)]).toEqual([200, {}]);
    const none = await gateway.get('/listed');
    expect([none.status, corsHeaders(none)]).toEqual([200, {}]);
  });

  it.each([
    ['/listed', 'https://a.example:443', true],
    ['/listed', 'https://a.example:444', false],
    ['/listed', 'http://a.example', false],
    ['/listed', 'https://a.example.evil', false],
    ['/listed', 'https://axexample', false],
    ['/listed', 'http://port.example:8080', true],
    ['/listed', 'http://port.example', false],
    ['/listed', 'https://x.wild.example', true],
    ['/listed', 'https://x.y.wild.example', true],
    ['/listed', 'https://wild.example', false],
    ['/listed', 'https://evil.test/.wild.example', false],
    ['/scheme', 'https://anything.example', true],
    ['/scheme', 'http://anything.example', false],
    ['/every', 'http://anything.example:1234', true],
    ['/every', 'null', true],
    ['/many', 'https://x.tenant-63.a-rather-long-name.example', true],
    ['/many', 'https://x.tenant-64.a-rather-long-name.example', false],
  ])('%s and the origin %s: allowed %s', async (path, origin, allowed) => {
    const reply = await simple(path, origin);
    expect(reply.headers['access-control-allow-origin']).toBe(allowed ? origin : undefined);
  });

  it('echoes what is asked for where everything is allowed, with credentials', async () => {
    const reply = await preflight('/every', 'https://b.example', { 'access-control-request-headers': 'x-a,x-b' });
    expect(corsHeaders(reply)).toMatchObject({
      'access-control-allow-origin': 'https://b.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-a,x-b',
      'access-control-max-age': '5',
    });
  });

  it('sends no empty Access-Control-Allow-Headers where none is asked for', async () => {
    const reply = await preflight('/every', 'https://b.example');
    expect(reply.status).toBe(200);
    expect(Object.keys(corsHeaders(reply))).not.toContain('access-control-allow-headers');
  });

  it('does not expose "*" with credentials, as it means nothing there', async () => {
    const reply = await simple('/every', 'https://b.example');
    expect(reply.headers['access-control-expose-headers']).toBe('x-out');
  });

  it('forwards an OPTIONS that is no preflight', async () => {
    const reply = await gateway.get('/listed', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect(JSON.parse(reply.body)).toMatchObject({ backend: 'a', method: 'OPTIONS' });
  });

  it('leaves the preflight alone where the rule is for another method', async () => {
    expect((await preflight('/method', 'https://a.example')).status).toBe(404);
    expect((await simple('/method', 'https://a.example')).headers['access-control-allow-origin']).toBe(
      'https://a.example',
    );
  });
});
