import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createKubeClient, type KubeClient, type StreamStep } from '../../src/kube/client.ts';

let server: Server | undefined;
let client: KubeClient | undefined;

afterEach(async () => {
  client?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
});

/** A client of a server that answers as it is told. */
async function against(listener: RequestListener, silenceMs?: number): Promise<KubeClient> {
  const own = createServer(listener);
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const { port } = own.address() as AddressInfo;
  client = createKubeClient({
    endpoint: {
      server: new URL(`http://127.0.0.1:${port}/clusters/one/`),
      namespace: 'default',
      credentials: () => Promise.resolve({ headers: { authorization: 'Bearer t' }, tls: {} }),
    },
    ...(silenceMs === undefined ? {} : { silenceMs }),
  });
  return client;
}

async function collect(stream: AsyncIterable<StreamStep>): Promise<StreamStep[]> {
  const steps: StreamStep[] = [];
  for await (const step of stream) steps.push(step);
  return steps;
}

it.each([
  [401, {}, { kind: 'Unauthorized' }],
  [403, {}, { kind: 'Forbidden' }],
  [404, {}, { kind: 'NotFound' }],
  [409, { reason: 'AlreadyExists' }, { kind: 'AlreadyExists' }],
  [409, { reason: 'Conflict' }, { kind: 'Conflict' }],
  [410, {}, { kind: 'Gone' }],
  [415, {}, { kind: 'Invalid' }],
  [422, {}, { kind: 'Invalid' }],
  [429, { details: { retryAfterSeconds: 3 } }, { kind: 'TooManyRequests', retryAfterMs: 3000 }],
  [500, {}, { kind: 'ServerFault', code: 500 }],
  [504, { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }, { kind: 'ResourceVersionTooLarge' }],
])('gives the status %s as a value', async (code, status, failure) => {
  const own = await against((_, response) => {
    response.writeHead(code).end(JSON.stringify({ kind: 'Status', code, message: 'why', ...status }));
  });
  expect(await own.request('GET', '/api')).toMatchObject({ ok: false, error: { ...failure, message: 'why' } });
});

it('takes what something in between answers in words, with its Retry-After', async () => {
  const own = await against((_, response) => {
    response.writeHead(503, { 'retry-after': '2' }).end('<html>busy');
  });
  expect(await own.request('GET', '/api')).toMatchObject({
    error: { kind: 'ServerFault', code: 503, retryAfterMs: 2000, message: 'The API server answered 503.' },
  });
});

it('asks below the path of the server, with query and credentials', async () => {
  const seen = vi.fn<(url: string | undefined, authorization: string | undefined) => void>();
  const own = await against((request, response) => {
    seen(request.url, request.headers.authorization);
    response.end('{}');
  });
  await own.request('GET', '/api/v1/pods', { query: { limit: 5, continue: undefined, fieldSelector: 'a!=b' } });
  expect(seen).toHaveBeenCalledWith('/clusters/one/api/v1/pods?limit=5&fieldSelector=a%21%3Db', 'Bearer t');
});

it('decodes lines however they are cut into chunks, characters of several bytes too', async () => {
  const lines = Array.from({ length: 50 }, (_, i) => ({ i, text: 'ä€😀'.repeat(i) }));
  const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const own = await against((_, response) => {
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end('{"half":');
  });
  const steps = await collect(own.stream('/watch'));
  expect(steps.flatMap((step) => (step.kind === 'Lines' ? step.lines : []))).toEqual(lines);
  expect([steps[0], steps.at(-1)]).toEqual([{ kind: 'Opened' }, { kind: 'Closed' }]);
});

it('gives a line that is no JSON, or a cut connection, as a failure', async () => {
  const words = await against((_, response) => response.end('{"a":1}\nnot json\n'));
  expect((await collect(words.stream('/watch'))).at(-1)).toMatchObject({ failure: { kind: 'Unreachable' } });
  words.close();
  server?.close();
  const cut = await against((_, response) => {
    response.write('{"a":1}\n', () => response.socket?.destroy());
  });
  const steps = await collect(cut.stream('/watch'));
  expect(steps.map(({ kind }) => kind)).toEqual(['Opened', 'Lines', 'Failed']);
});

it('takes a stream that falls silent for dead', async () => {
  const own = await against((_, response) => response.write('{"a":1}\n'), 100);
  const steps = await collect(own.stream('/watch'));
  expect(steps.map(({ kind }) => kind)).toEqual(['Opened', 'Lines', 'Failed']);
  expect(steps.at(-1)).toMatchObject({ failure: { kind: 'Unreachable', message: expect.stringMatching(/heard/) } });
});

it('takes a request that is not answered in time for lost', async () => {
  const own = await against(() => {});
  expect(await own.request('GET', '/api', { timeoutMs: 50 })).toMatchObject({ error: { kind: 'Unreachable' } });
});

it('closes the connection of a stream when its reader leaves or gives up', async () => {
  const closed = vi.fn<() => void>();
  const own = await against((request, response) => {
    request.socket.on('close', closed);
    response.write('{"a":1}\n');
  });
  for await (const step of own.stream('/watch')) if (step.kind === 'Lines') break;
  await expect.poll(() => closed.mock.calls.length).toBe(1);
  const giveUp = new AbortController();
  const steps = collect(own.stream('/watch', { signal: giveUp.signal }));
  await expect.poll(() => closed.mock.calls.length).toBe(1);
  giveUp.abort();
  expect((await steps).at(-1)).toMatchObject({ failure: { kind: 'Cancelled' } });
});

it('asks again where the server closed a kept connection in the same moment', async () => {
  const resets = ['/clusters/one/again'];
  const own = await against((request, response) => {
    if (resets[0] !== request.url) response.end('{}');
    else {
      resets.pop();
      request.socket.resetAndDestroy();
    }
  });
  expect(await own.request('GET', '/once')).toEqual({ ok: true, value: {} });
  expect(await own.request('PUT', '/again', { body: {} })).toEqual({ ok: true, value: {} });
  expect(resets).toEqual([]);
});
