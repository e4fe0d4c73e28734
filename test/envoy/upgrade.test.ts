import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cluster, endpoints, forward, prefix, route, weighted } from '../fixture/ir.ts';
import { startHttpGateway, type HttpGateway } from './http-gateway.ts';

let server: Server;
let gateway: HttpGateway;
const sockets = new Set<Duplex>();

/** Takes WebSocket upgrades and sends back what it gets; streams a line and keeps the answer open otherwise. */
beforeAll(async () => {
  server = createServer((_request, response) => {
    response.write('first\n');
  });
  server.on('upgrade', (_request, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
    socket.on('error', () => socket.destroy());
  });
  server.on('connection', (socket: Duplex) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  gateway = await startHttpGateway({
    hosts: { 'a.test': [route('all', prefix('/'), forward([weighted('a')]))] },
    clusters: [cluster('a')],
    endpoints: [endpoints('a', port)],
  });
});

afterAll(async () => {
  await gateway?.stop();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server?.close(resolve));
});

describe('connections that stay open, on a real Envoy', () => {
  it('carries a WebSocket both ways', async () => {
    const sent = request({
      host: '127.0.0.1',
      port: gateway.port,
      path: '/',
      headers: {
        host: 'a.test',
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        'sec-websocket-version': '13',
      },
    });
    const echoed = new Promise<string>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', (response) => reject(new Error(`answered ${response.statusCode}`)));
      sent.on('upgrade', (_response, socket) => {
        socket.on('data', (chunk: Buffer) => {
          resolve(chunk.toString());
          socket.destroy();
        });
        socket.write('hello');
      });
    });
    sent.end();
    expect(await echoed).toBe('echo hello');
  });

  it('passes on an answer as it comes', async () => {
    const sent = request({
      host: '127.0.0.1',
      port: gateway.port,
      path: '/',
      headers: { host: 'a.test' },
      agent: false,
    });
    const first = new Promise<string>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', (response) => {
        response.once('data', (chunk: Buffer) => {
          resolve(chunk.toString());
          sent.destroy();
        });
        response.on('error', () => undefined);
      });
    });
    sent.end();
    expect(await first).toBe('first\n');
  });
});
