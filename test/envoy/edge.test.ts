import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeSettings } from '../../src/xds/listener/edge-settings.ts';
import { answers, cluster, endpoints, forward, prefix, route, weighted } from '../fixture/ir.ts';
import { startBackend, type Backend, type Seen } from './backend.ts';
import { startHttpGateway, type HttpGateway } from './http-gateway.ts';
import { startSource, type Source } from './source.ts';

let backend: Backend;
let source: Source;
let gateway: HttpGateway;

beforeAll(async () => {
  backend = await startBackend('a');
  source = await startSource();
  gateway = await startHttpGateway({
    hosts: {
      'source.test': [route('source', prefix('/'), forward([weighted('source')]))],
      'a.test': [route('admin', prefix('/admin'), answers(403)), route('all', prefix('/'), forward([weighted('a')]))],
    },
    clusters: [cluster('a'), cluster('source')],
    endpoints: [endpoints('a', backend.port), endpoints('source', source.port)],
  });
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.stop();
  await source?.stop();
});

/** What the server says first, to bytes that no client library would send. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket: Socket = connect(gateway.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

const rawGet = (path: string, headers: readonly string[] = []) =>
  raw(
    `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`,
  );

describe('clients that nobody trusts, on a real Envoy', () => {
  it.each(['/admin', '/public/../admin', '/./admin', '//admin', '/%61dmin', '/public/%2e%2e/admin'])(
    '%s meets the routes of /admin',
    async (path) => expect(status(await rawGet(path))).toBe(403),
  );

  it.each(['/public%2f..%2fadmin', '/public%5cadmin', '/%2Fadmin'])(
    '%s is sent to the path that it stands for',
    async (path) => {
      const answer = await rawGet(path);
      expect(status(answer)).toBe(307);
      expect(answer).not.toMatch(/^location: .*%(2f|5c)/im);
    },
  );

  it('refuses header names with an underscore', async () => {
    expect(status(await rawGet('/', ['x_user: admin']))).toBe(400);
  });

  it('does not believe where a client says that it comes from', async () => {
    const { body } = await gateway.get('/', {
      headers: { 'x-forwarded-for': '10.0.0.1', 'x-forwarded-proto': 'https', 'x-envoy-external-address': '10.0.0.1' },
    });
    const { headers } = JSON.parse(body) as Seen;
    // The last address is the one that Envoy adds: of a client on loopback, the machine's own.
    expect(String(headers['x-forwarded-for'])).toMatch(/^10\.0\.0\.1, ?(?!10\.0\.0\.1$)/);
    expect(headers['x-forwarded-proto']).toBe('http');
    expect(headers['x-envoy-external-address']).not.toBe('10.0.0.1');
  });

  it('does not let a client set timeouts or retries', async () => {
    const { status: code, body } = await gateway.get('/', {
      headers: {
        'x-envoy-upstream-rq-timeout-ms': '1',
        'x-envoy-retry-on': '5xx',
        'x-envoy-max-retries': '100',
        'x-envoy-decorator-operation': 'mine',
      },
    });
    expect(code).toBe(200);
    const names = Object.keys((JSON.parse(body) as Seen).headers);
    expect(names.filter((name) => name.startsWith('x-envoy'))).toEqual(['x-envoy-external-address']);
  });

  it('bounds the size and the number of headers', async () => {
    const large = 'x'.repeat(1024 * edgeSettings.maxRequestHeadersKb.value);
    expect(status(await rawGet('/', [`x-large: ${large}`]))).toBe(431);
    const many = Array.from({ length: edgeSettings.maxHeadersCount.value }, (_, i) => `x-${i}: 1`);
    expect(status(await rawGet('/', many))).toBe(431);
    expect(status(await rawGet('/', many.slice(0, 50)))).toBe(200);
  });

  it.each([
    ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 'no Host'],
    [
      'GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'two lengths',
    ],
    ['GET / HTTP/1.1\r\nHost: a.test\r\nx-a: a\0b\r\n\r\n', 'a zero byte'],
  ])('refuses a request with %j: %s', async (request) => {
    expect(status(await raw(request))).toBe(400);
  });

  it('holds back a backend whose client does not read', async () => {
    const client = connect(gateway.port, '127.0.0.1');
    client.pause();
    client.write('GET / HTTP/1.1\r\nHost: source.test\r\n\r\n');
    try {
      await expect
        .poll(() => gateway.envoy.admin('/stats?filter=upstream_flow_control_paused_reading_total'), {
          timeout: 20_000,
        })
        .toMatch(/source.*: [1-9]/);
      // More than what the kernel and Envoy's buffers hold is never taken from the backend.
      await expect.poll(() => source.isHeldBack()).toBe(true);
    } finally {
      client.destroy();
    }
  });

  it('is set as docs/edge.md says', async () => {
    const dump = await gateway.envoy.admin('/config_dump?resource=dynamic_listeners');
    expect(dump).toMatch(`"per_connection_buffer_limit_bytes": ${edgeSettings.perConnectionBufferLimit.value}`);
    for (const [field, ms] of [
      ['request_headers_timeout', edgeSettings.requestHeadersTimeoutMs.value],
      ['stream_idle_timeout', edgeSettings.streamIdleTimeoutMs.value],
      ['idle_timeout', edgeSettings.idleTimeoutMs.value],
    ] as const) {
      expect(dump).toContain(`"${field}": "${ms / 1000}s"`);
    }
  });

  it('announces its limits to HTTP/2 clients', async () => {
    const session = connectHttp2(`http://127.0.0.1:${gateway.port}`);
    const settings = await new Promise<{ maxConcurrentStreams?: number; initialWindowSize?: number }>(
      (resolve, reject) => {
        session.on('remoteSettings', resolve);
        session.on('error', reject);
      },
    );
    // Envoy widens the window of the connection right after its settings.
    await expect.poll(() => session.state.remoteWindowSize).toBe(edgeSettings.http2InitialConnectionWindow.value);
    session.destroy();
    expect(settings.maxConcurrentStreams).toBe(edgeSettings.http2MaxConcurrentStreams.value);
    expect(settings.initialWindowSize).toBe(edgeSettings.http2InitialStreamWindow.value);
  });
});
