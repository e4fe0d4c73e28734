import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Front } from '../../src/ir/front.ts';
import { cluster, endpoints, forward, prefix, route, weighted } from '../fixture/ir.ts';
import { type Backend, type Seen, startBackend } from './backend.ts';
import { type HttpGateway, startHttpGateway } from './http-gateway.ts';

let backend: Backend;
let gateway: HttpGateway | undefined;

beforeAll(async () => {
  backend = await startBackend('a');
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

afterAll(() => backend.stop());

async function start(front?: Front): Promise<HttpGateway> {
  gateway = await startHttpGateway({
    hosts: { 'a.test': [route('all', prefix('/'), forward([weighted('a')]))] },
    clusters: [cluster('a')],
    endpoints: [endpoints('a', backend.port)],
    ...(front === undefined ? {} : { front }),
  });
  return gateway;
}

/** What a connection is answered with, to these bytes before a request. */
function raw(port: number, before: string | Uint8Array, headers = ''): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(before);
      socket.write(`GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${headers}\r\n`);
    });
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
  });
}

/** The headers that the backend saw. */
function seen(answer: string): Seen['headers'] {
  expect(answer).toMatch(/^HTTP\/1\.1 200/);
  const body = answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
  return (JSON.parse(body) as Seen).headers;
}

/** Version 2 of the header: a connection over TCP and IPv4 from 203.0.113.9:4711. */
const version2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb0071097f00000112670050', 'hex');

describe('proxies in front of a listener, on a real Envoy', () => {
  it.each([
    ['1', 'PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n'],
    ['2', version2],
  ])('takes the client from a header of the PROXY protocol, version %s', async (_, header) => {
    const { port } = await start({ proxyProtocol: true, trustedHops: 0 });
    expect(seen(await raw(port, header))['x-forwarded-for']).toBe('203.0.113.9');
    // What such a client claims of itself is not believed.
    const claimed = seen(await raw(port, header, 'X-Forwarded-For: 198.51.100.1\r\n'));
    expect(claimed['x-forwarded-for']).toBe('198.51.100.1,203.0.113.9');
    expect(claimed['x-envoy-external-address']).toBe('203.0.113.9');
  });

  it('closes connections that come without the header', async () => {
    const { port } = await start({ proxyProtocol: true, trustedHops: 0 });
    expect(await raw(port, '')).toBe('');
  });

  it('does not read the header where nobody is said to write it', async () => {
    const { port } = await start();
    expect(await raw(port, 'PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n')).toMatch(/^HTTP\/1\.1 400/);
  });

  it.each([
    [0, '203.0.113.1, 203.0.113.2', undefined],
    [1, '203.0.113.1, 203.0.113.2', '203.0.113.2'],
    [2, '203.0.113.1, 203.0.113.2', '203.0.113.1'],
  ])('takes the client from behind %i trusted hops', async (trustedHops, header, client) => {
    const { port } = await start({ proxyProtocol: false, trustedHops });
    const { 'x-envoy-external-address': address } = seen(await raw(port, '', `X-Forwarded-For: ${header}\r\n`));
    if (client === undefined) expect(address).not.toMatch(/^203\./);
    else expect(address).toBe(client);
  });
});
