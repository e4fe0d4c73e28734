import { createServer, type Server } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate } from '../fixture/certificate.ts';
import { openTunnel, requestOverTls } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';
import type { Reply } from './request.ts';

let gateway: EgressGateway;
let server: OutsideServer;
let echo: Server;
let echoPort = 0;
let echoConnections = 0;

const ca = createTestCertificate(['ca.test']);
const certificate = createTestCertificate(['api.test', '*.wild.test'], { issuer: ca });

const objects = (port: number) => `
kind: Pod
metadata: {name: checkout-1, labels: {app: checkout}}
spec: {containers: []}
status: {podIP: 127.0.0.11}
---
kind: Egress
metadata: {name: checkout}
spec:
  from: {podSelector: {matchLabels: {app: checkout}}}
  rules:
  - name: api
    to: [{hosts: [api.test], ports: [{port: ${port}, protocol: HTTPS}]}]
  - name: wild
    to: [{hosts: ["*.wild.test"], ports: [{port: ${port}, protocol: TLS}]}]
  - name: not-this
    action: Deny
    to: [{hosts: [bad.wild.test], ports: [{port: ${port}, protocol: TLS}]}]
  - name: some-paths
    action: Deny
    to: [{hosts: [half.wild.test], ports: [{port: ${port}, protocol: HTTP}]}]
    http: [{path: {value: /admin}}]
  - name: database
    to: [{hosts: [db.test], cidrs: [127.0.0.20/31], ports: [{port: ${echoPort}, protocol: TCP}]}]
  - name: plain
    to: [{hosts: [plain.test], ports: [{port: ${port}, protocol: HTTP}]}]
  - name: twice
    to: [{hosts: [twice.test], ports: [{port: ${echoPort}, protocol: TCP}]}]
    rateLimit: {requests: 2, per: Hour}
`;

const open = (authority: string, from?: string) => openTunnel(gateway.ports['http'] ?? 0, authority, from);

async function tunnel(authority: string): Promise<Socket> {
  const opened = await open(authority);
  if (!('socket' in opened)) throw new Error(`${opened.status} ${opened.body}`);
  return opened.socket;
}

async function refused(authority: string, from?: string): Promise<Reply> {
  const opened = await open(authority, from);
  if ('socket' in opened) {
    opened.socket.destroy();
    throw new Error('a tunnel was opened');
  }
  return opened;
}

const over = (socket: Socket, servername: string) => requestOverTls(socket, { ca: ca.chain, servername }, servername);

/** What comes back on a socket after `text` was sent: all of it, until the other side closes, or the first chunk. */
function exchange(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
      socket.destroy();
    });
    socket.once('error', () => resolve(''));
    socket.once('close', () => resolve(''));
    socket.write(text);
  });
}

beforeAll(async () => {
  server = await startServer(outside.first, { cert: certificate.chain, key: certificate.key });
  echo = createServer((socket) => {
    echoConnections += 1;
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, outside.first, resolve));
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  echoPort = address.port;
  gateway = await startEgressGateway({ listeners: [{ name: 'http' }], objects: () => objects(server.port) });
  for (const name of [
    'api.test',
    'a.wild.test',
    'bad.wild.test',
    'half.wild.test',
    'db.test',
    'twice.test',
    'other.test',
  ]) {
    gateway.dns.answer(name, outside.first);
  }
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
  await new Promise((resolve) => echo.close(resolve));
});

describe('tunnels', () => {
  it('carry TLS whose server name is the host that was asked for', async () => {
    expect(await over(await tunnel(`api.test:${server.port}`), 'api.test')).toContain('200 OK');
    expect(server.seen.at(-1)?.serverName).toBe('api.test');
    expect(await over(await tunnel(`API.test:${server.port}`), 'api.test')).toContain('200 OK');
    expect(await over(await tunnel(`a.wild.test:${server.port}`), 'a.wild.test')).toContain('200 OK');
  });

  it.each([
    ['another allowed host', 'api.test', 'a.wild.test'],
    ['another host below the same wildcard', 'a.wild.test', 'b.wild.test'],
    ['a host that no rule allows', 'api.test', 'other.test'],
  ])('are closed where the server name is %s', async (_, host, servername) => {
    const before = server.connections();
    await expect(over(await tunnel(`${host}:${server.port}`), servername)).rejects.toThrow();
    expect(server.connections()).toBe(before);
    await expect
      .poll(() =>
        gateway
          .log()
          .find(
            (line) =>
              line['kind'] === 'egress-tunnel' &&
              line['sni'] === servername &&
              line['authority'] === `${host}:${server.port}`,
          ),
      )
      .toMatchObject({
        details: 'rbac_access_denied_matched_policy[none]',
        pod: 'default/checkout-1',
        caller: '127.0.0.11',
      });
  });

  it('are closed where there is no server name, or no TLS at all', async () => {
    const before = server.connections();
    await expect(
      requestOverTls(await tunnel(`api.test:${server.port}`), { ca: ca.chain }, 'api.test'),
    ).rejects.toThrow();
    expect(await exchange(await tunnel(`api.test:${server.port}`), 'GET / HTTP/1.1\r\nhost: api.test\r\n\r\n')).toBe(
      '',
    );
    expect(server.connections()).toBe(before);
  });

  it('are refused where no rule allows host and port, and the answer says so in a header too', async () => {
    const reply = await refused(`other.test:${server.port}`);
    expect(reply.status).toBe(403);
    expect(reply.headers['x-sallyport-egress']).toBe(
      `denied; no rule of the Egress objects that select the caller allows CONNECT other.test:${server.port}; caller 127.0.0.11, selected by [default/checkout]`,
    );
    expect(JSON.parse(reply.body)).toMatchObject({
      error: 'egress denied',
      host: `other.test:${server.port}`,
      method: 'CONNECT',
    });
    expect((await refused('api.test:1')).status).toBe(403);
    expect((await refused(`api.test:${server.port}`, '127.0.0.12')).status).toBe(403);
  });

  it('are refused by Deny, also where only some requests are denied, as a tunnel could hide them', async () => {
    expect((await refused(`bad.wild.test:${server.port}`)).headers['x-sallyport-egress']).toContain(
      'rule default/checkout/not-this denies it',
    );
    expect((await refused(`half.wild.test:${server.port}`)).headers['x-sallyport-egress']).toContain(
      "a tunnel can't be read",
    );
  });

  it('are refused to a port that a rule allows requests to, which could not be read', async () => {
    expect((await refused(`plain.test:${server.port}`)).status).toBe(403);
  });

  it('carry anything where a rule says TCP, to a name and to an address of a range', async () => {
    expect(await exchange(await tunnel(`db.test:${echoPort}`), 'hello')).toBe('hello');
    expect(await exchange(await tunnel(`${outside.first}:${echoPort}`), 'hello')).toBe('hello');
    expect((await refused(`127.0.0.22:${echoPort}`)).status).toBe(403);
    expect((await refused(`127.0.0.020:${echoPort}`)).status).toBe(403);
    expect((await refused(`2130706452:${echoPort}`)).status).toBe(403);
  });

  it('are counted by the limit of their rule', async () => {
    const before = echoConnections;
    expect(await exchange(await tunnel(`twice.test:${echoPort}`), 'a')).toBe('a');
    expect(await exchange(await tunnel(`twice.test:${echoPort}`), 'b')).toBe('b');
    expect((await refused(`twice.test:${echoPort}`)).status).toBe(429);
    expect(echoConnections).toBe(before + 2);
  });
});
