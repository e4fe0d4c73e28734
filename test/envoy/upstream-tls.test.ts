import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamTls } from '../../src/ir/cluster.ts';
import { listenerName, originOf, routeTableName, secretName } from '../../src/ir/name.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { Sensitive } from '../../src/lib/sensitive.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { createTestCertificate } from '../fixture/certificate.ts';
import { cluster, endpoints, forward, gateway, prefix, route, table, virtualHost, weighted } from '../fixture/ir.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send } from './request.ts';

const ca = secretName('ConfigMap', 'default', 'ca');
const wrongCa = secretName('ConfigMap', 'default', 'wrong-ca');
const identity = secretName('Secret', 'default', 'identity');
const bundle = { kind: 'Bundle', secret: ca } as const;

let envoy: EnvoyUnderTest;
let server: Server;
let port: number;
const folder = mkdtempSync(join(tmpdir(), 'upstream-tls-'));

const cases: Readonly<Record<string, UpstreamTls>> = {
  named: { sni: 'backend.test', subjectAltNames: [{ kind: 'DNS', value: 'backend.test' }], ca: bundle },
  identified: {
    sni: 'backend.test',
    subjectAltNames: [{ kind: 'DNS', value: 'backend.test' }],
    ca: bundle,
    clientCertificate: identity,
  },
  uri: { sni: 'any.test', subjectAltNames: [{ kind: 'URI', value: 'spiffe://test/backend' }], ca: bundle },
  system: { sni: 'backend.test', subjectAltNames: [{ kind: 'DNS', value: 'backend.test' }], ca: { kind: 'System' } },
  'wrong-name': { sni: 'backend.test', subjectAltNames: [{ kind: 'DNS', value: 'other.test' }], ca: bundle },
  'wrong-ca': {
    sni: 'backend.test',
    subjectAltNames: [{ kind: 'DNS', value: 'backend.test' }],
    ca: { kind: 'Bundle', secret: wrongCa },
  },
};

beforeAll(async () => {
  const authority = createTestCertificate(['backends']);
  const wrong = createTestCertificate(['wrong']);
  const leaf = createTestCertificate(['backend.test'], { issuer: authority, uris: ['spiffe://test/backend'] });
  const own = createTestCertificate(['gateway.test'], { issuer: authority });
  const systemCaFile = join(folder, 'ca.pem');
  writeFileSync(systemCaFile, authority.chain);
  server = createServer(
    { cert: leaf.chain, key: leaf.key, ca: authority.chain, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      // Every connection of an HTTPS server is a TLS one.
      const socket = request.socket as TLSSocket & { servername?: string };
      response.end(JSON.stringify({ sni: socket.servername, identified: socket.authorized }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const backendPort = (server.address() as AddressInfo).port;
  port = await freePort();
  const names = Object.keys(cases);
  const resources = buildResources(
    createMemo(),
    { systemCaFile },
    gateway({
      listeners: [
        {
          kind: 'Http',
          name: listenerName('http', '127.0.0.1', 80),
          bind: { address: '127.0.0.1', port },
          port: 80,
          routeTable: routeTableName('http', 80),
          origins: [],
        },
      ],
      routeTables: [
        table([
          virtualHost(
            'a.test',
            names.map((name) => route(name, prefix(`/${name}`), forward([weighted(name)]))),
          ),
        ]),
      ],
      clusters: Object.entries(cases).map(([name, tls]) => cluster(name, { tls })),
      endpoints: names.map((name) => endpoints(name, backendPort)),
      secrets: [
        { kind: 'CaBundle', name: ca, origin: originOf('ConfigMap/default/ca'), bundle: authority.chain },
        { kind: 'CaBundle', name: wrongCa, origin: originOf('ConfigMap/default/wrong-ca'), bundle: wrong.chain },
        {
          kind: 'Certificate',
          name: identity,
          origin: originOf('Secret/default/identity'),
          chain: own.chain,
          key: new Sensitive(own.key),
        },
      ],
    }),
  );
  envoy = await startEnvoy(resources);
  await envoy.listening(port);
});

afterAll(async () => {
  await envoy?.stop();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  rmSync(folder, { recursive: true });
});

describe('TLS towards backends on a real Envoy', () => {
  afterAll(() => expect(envoy.refusals).toEqual([]));

  it.each([
    ['named', { sni: 'backend.test', identified: false }],
    ['identified', { sni: 'backend.test', identified: true }],
    ['uri', { sni: 'any.test', identified: false }],
    ['system', { sni: 'backend.test', identified: false }],
  ])('trusts %s', async (name, seen) => {
    const reply = await send({ port, path: `/${name}`, host: 'a.test' });
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, seen]);
  });

  it.each(['wrong-name', 'wrong-ca'])('does not trust %s', async (name) => {
    expect((await send({ port, path: `/${name}`, host: 'a.test' })).status).toBe(503);
  });
});
