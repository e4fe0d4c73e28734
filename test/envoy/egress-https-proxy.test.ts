import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';

let gateway: EgressGateway;
let server: OutsideServer;

const ca = createTestCertificate(['ca.test']);
const proxy = createTestCertificate(['proxy.test'], { issuer: ca });
const certificate = createTestCertificate(['api.test', 'other.test'], { issuer: ca });

const objects = (port: number) => `
${secretYaml('proxy', proxy)}
---
kind: Pod
metadata: {name: one}
spec: {containers: []}
status: {podIP: 127.0.0.1}
---
kind: Egress
metadata: {name: all}
spec:
  from: {podSelector: {}}
  rules:
  - name: api
    to: [{hosts: [api.test], ports: [{port: ${port}, protocol: HTTPS}]}]
`;

beforeAll(async () => {
  server = await startServer(outside.first, { cert: certificate.chain, key: certificate.key });
  gateway = await startEgressGateway({
    listeners: [
      { name: 'https', protocol: 'HTTPS', extra: { tls: { mode: 'Terminate', certificateRefs: [{ name: 'proxy' }] } } },
    ],
    objects: () => objects(server.port),
  });
  gateway.dns.answer('api.test', outside.first);
  gateway.dns.answer('other.test', outside.first);
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
});

async function session(): Promise<ClientHttp2Session> {
  const opened = connectHttp2(`https://127.0.0.1:${gateway.ports['https']}`, {
    ca: ca.chain,
    servername: 'proxy.test',
  });
  await new Promise((resolve, reject) => opened.once('connect', resolve).once('error', reject));
  return opened;
}

/** CONNECT over HTTP/2: the status and the stream. */
async function tunnel(
  over: ClientHttp2Session,
  authority: string,
): Promise<{ readonly status: number; readonly stream: Duplex }> {
  const stream = over.request({ ':method': 'CONNECT', ':authority': authority }, { endStream: false });
  const headers = await new Promise<{ readonly ':status'?: number | undefined }>((resolve, reject) =>
    stream.once('response', resolve).once('error', reject),
  );
  return { status: headers[':status'] ?? 0, stream };
}

function get(stream: Duplex, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const tls = connectTls({ socket: stream, ca: ca.chain, servername });
    let text = '';
    tls.on('error', reject);
    tls.on('secureConnect', () => tls.write(`GET / HTTP/1.1\r\nhost: ${servername}\r\nconnection: close\r\n\r\n`));
    tls.on('data', (chunk: Buffer) => (text += chunk.toString()));
    tls.on('close', () => (text === '' ? reject(new Error('closed')) : resolve(text)));
  });
}

describe('a forward proxy over TLS', () => {
  it('carries tunnels of HTTP/2, each compared with its server name', async () => {
    const over = await session();
    try {
      const allowed = await tunnel(over, `api.test:${server.port}`);
      expect(allowed.status).toBe(200);
      expect(await get(allowed.stream, 'api.test')).toContain('200 OK');
      const spoofed = await tunnel(over, `api.test:${server.port}`);
      expect(spoofed.status).toBe(200);
      const before = server.connections();
      await expect(get(spoofed.stream, 'other.test')).rejects.toThrow();
      expect(server.connections()).toBe(before);
      expect((await tunnel(over, `other.test:${server.port}`)).status).toBe(403);
    } finally {
      over.destroy();
    }
  });
});
