import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { filterChainName, listenerName, originOf, routeTableName, secretName, sectionName } from '../../src/ir/name.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { Sensitive } from '../../src/lib/sensitive.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import type * as EdgeSettingsModule from '../../src/xds/listener/edge-settings.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { createTestCertificate } from '../fixture/certificate.ts';
import { cluster, endpoints, forward, gateway, prefix, route, table, virtualHost, weighted } from '../fixture/ir.ts';
import { startBackend, type Backend } from './backend.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';

// The same settings with times that a test can wait for; edge.test.ts looks at the real ones.
vi.mock('../../src/xds/listener/edge-settings.ts', async (original) => {
  const { edgeSettings } = await original<typeof EdgeSettingsModule>();
  const short = <T extends object>(setting: T) => ({ ...setting, value: 400 });
  return {
    edgeSettings: {
      ...edgeSettings,
      requestHeadersTimeoutMs: short(edgeSettings.requestHeadersTimeoutMs),
      idleTimeoutMs: short(edgeSettings.idleTimeoutMs),
      streamIdleTimeoutMs: short(edgeSettings.streamIdleTimeoutMs),
      tlsHandshakeTimeoutMs: short(edgeSettings.tlsHandshakeTimeoutMs),
      listenerFiltersTimeoutMs: short(edgeSettings.listenerFiltersTimeoutMs),
    },
  };
});

let backend: Backend;
let envoy: EnvoyUnderTest;
let plain: number;
let tls: number;

beforeAll(async () => {
  const certificate = createTestCertificate(['a.test']);
  const secret = secretName('Secret', 'default', 'server');
  const routeTable = routeTableName('http', 80);
  [backend, plain, tls] = [await startBackend('a', 'silent'), await freePort(), await freePort()];
  const ir = gateway({
    listeners: [
      {
        kind: 'Http',
        name: listenerName('http', '127.0.0.1', 80),
        bind: { address: '127.0.0.1', port: plain },
        port: 80,
        routeTable,
        origins: [],
      },
      {
        kind: 'Tls',
        name: listenerName('tls', '127.0.0.1', 443),
        bind: { address: '127.0.0.1', port: tls },
        port: 443,
        chains: [
          {
            kind: 'Terminate',
            name: filterChainName('all'),
            section: sectionName('all'),
            certificates: [secret],
            routeTable,
          },
        ],
        origins: [],
      },
    ],
    secrets: [
      {
        kind: 'Certificate',
        name: secret,
        origin: originOf('Secret/default/server'),
        chain: certificate.chain,
        key: new Sensitive(certificate.key),
      },
    ],
    routeTables: [table([virtualHost('a.test', [route('all', prefix('/'), forward([weighted('a')]))])])],
    clusters: [cluster('a')],
    endpoints: [endpoints('a', backend.port)],
  });
  envoy = await startEnvoy(buildResources(createMemo(), debianOptions, ir));
  await envoy.listening(plain);
  await envoy.listening(tls);
});

afterAll(async () => {
  await envoy?.stop();
  await backend?.stop();
});

/** Sends bytes, then nothing more, and gives all that comes until the other side closes. */
async function holdOpen(port: number, bytes: string | Buffer): Promise<string> {
  const socket: Socket = connectPlain(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {
    // A reset closes as well.
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

/** The first bytes of a client that speaks TLS. */
async function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => {
        // Nothing ever comes back.
      },
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: wire, servername: 'a.test', rejectUnauthorized: false }).on('error', () => {
      // It is left alone.
    });
  });
}

describe('clients that keep connections and do nothing', () => {
  it('are cut off with 408 where headers do not end', async () => {
    expect(await holdOpen(plain, 'GET / HTTP/1.1\r\nHost: a.test\r\nx-slow: ')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('are cut off with 408 where a body does not move', async () => {
    const request = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nx';
    expect(await holdOpen(plain, request)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('are closed where no request comes at all', async () => {
    expect(await holdOpen(plain, '')).toBe('');
  });

  it('are closed where no ClientHello comes', async () => {
    expect(await holdOpen(tls, '')).toBe('');
    expect(await envoy.admin('/stats?filter=downstream_pre_cx_timeout')).toMatch(/downstream_pre_cx_timeout: [1-9]/);
  });

  it('are closed where a handshake does not end', async () => {
    // The server says its part, and hears nothing.
    expect(await holdOpen(tls, await clientHello())).not.toBe('');
    expect(await envoy.admin('/stats?filter=transport_socket_connect_timeout')).toMatch(/connect_timeout: [1-9]/);
  });
});
