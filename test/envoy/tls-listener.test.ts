import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientValidation, TerminatingChain, TlsListener } from '../../src/ir/listener.ts';
import {
  filterChainName,
  listenerName,
  originOf,
  routeTableName,
  secretName,
  sectionName,
  type RouteTableName,
} from '../../src/ir/name.ts';
import type { VirtualHost } from '../../src/ir/route.ts';
import type { TlsSecret } from '../../src/ir/secret.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { Sensitive } from '../../src/lib/sensitive.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { createTestCertificate, type TestCertificate } from '../fixture/certificate.ts';
import { answers, gateway, prefix, route, table, virtualHost } from '../fixture/ir.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send, type Reply } from './request.ts';

const serverSecret = secretName('Secret', 'default', 'server');
const clientCa = secretName('ConfigMap', 'default', 'client-ca');

const authority = createTestCertificate(['server authority']);
const clientAuthority = createTestCertificate(['client authority']);
const server = createTestCertificate(['a.test', 'b.test', '*.sub.test', 'other.example'], { issuer: authority });
const client = createTestCertificate(['client.test'], { issuer: clientAuthority });
const strangerClient = createTestCertificate(['client.test'], { issuer: createTestCertificate(['stranger']) });
let envoy: EnvoyUnderTest;
const ports = new Map<string, number>();

function chain(
  part: string,
  hostname: string | undefined,
  routeTable: RouteTableName,
  clientValidation?: ClientValidation,
): TerminatingChain {
  return {
    kind: 'Terminate',
    name: filterChainName(part),
    section: sectionName(part),
    ...(hostname === undefined ? {} : { serverName: hostname }),
    certificates: [serverSecret],
    ...(clientValidation === undefined ? {} : { clientValidation }),
    routeTable,
  };
}

async function listener(port: number, key: string, chains: readonly TerminatingChain[]): Promise<TlsListener> {
  const bound = await freePort();
  ports.set(key, bound);
  return {
    kind: 'Tls',
    name: listenerName('tls', '127.0.0.1', port),
    bind: { address: '127.0.0.1', port: bound },
    port,
    chains,
    origins: [],
  };
}

/** `own` answers 201 at `/own` for its section, nothing else. */
function owned(part: string, domain: string): VirtualHost {
  return virtualHost(domain, [route(part.replaceAll('/', '-'), prefix('/own'), answers(201))], {
    section: sectionName(part),
  });
}

beforeAll(async () => {
  const secrets: readonly TlsSecret[] = [
    {
      kind: 'Certificate',
      name: serverSecret,
      origin: originOf('Secret/default/server'),
      chain: server.chain,
      key: new Sensitive(server.key),
    },
    {
      kind: 'CaBundle',
      name: clientCa,
      origin: originOf('ConfigMap/default/client-ca'),
      bundle: clientAuthority.chain,
    },
  ];
  const all = routeTableName('https', 443);
  const some = routeTableName('https', 8443);
  const strict = routeTableName('https', 9443);
  envoy = await startEnvoy(
    buildResources(
      createMemo(),
      debianOptions,
      gateway({
        listeners: [
          await listener(443, 'all', [
            chain('gw/a', 'a.test', all),
            chain('gw/wild', '*.test', all),
            chain('gw/100%', undefined, all),
          ]),
          await listener(8443, 'some', [chain('gw/a', 'a.test', some), chain('gw/wild', '*.test', some)]),
          await listener(9443, 'strict', [
            chain('gw/strict', undefined, strict, { caSecret: clientCa, mode: 'AllowValidOnly' }),
          ]),
          await listener(9444, 'lax', [
            chain('gw/strict', undefined, strict, { caSecret: clientCa, mode: 'AllowInsecureFallback' }),
          ]),
        ],
        routeTables: [
          table(
            [owned('gw/a', 'a.test'), owned('gw/wild', '*.test'), owned('gw/wild', 'x.test'), owned('gw/100%', '*')],
            { name: all, bySection: true },
          ),
          table([owned('gw/a', 'a.test'), owned('gw/wild', '*.test')], { name: some, bySection: true }),
          table([owned('gw/strict', '*')], { name: strict, bySection: true }),
        ],
        secrets,
      }),
    ),
  );
  for (const port of ports.values()) await envoy.listening(port);
});

afterAll(() => envoy?.stop());

function ask(key: string, servername: string, host: string, path = '/own', identity?: TestCertificate): Promise<Reply> {
  return send({
    port: ports.get(key) ?? 0,
    path,
    host,
    tls: {
      ca: authority.chain,
      servername,
      ...(identity === undefined ? {} : { cert: identity.chain, key: identity.key }),
    },
  });
}

describe('a TLS listener on a real Envoy', () => {
  afterAll(() => expect(envoy.refusals).toEqual([]));

  it.each([
    ['a.test', 'a.test', 201],
    ['A.TEST', 'a.test', 201],
    ['b.test', 'b.test', 201],
    ['b.test', 'x.test', 201],
    ['c.sub.test', 'c.sub.test', 201],
    ['other.example', 'other.example', 201],
    ['a.test', 'a.test:8443', 201],
    // Owned by another section of the port.
    ['a.test', 'b.test', 421],
    ['a.test', 'x.test', 421],
    ['b.test', 'a.test', 421],
    ['b.test', 'a.test:443', 421],
    ['other.example', 'a.test', 421],
    ['a.test', 'other.example', 421],
    ['b.test', 'other.example', 421],
  ])('with a section for every host: SNI %s, Host %s is answered %d', async (sni, host, status) => {
    expect((await ask('all', sni, host)).status).toBe(status);
  });

  it.each([
    ['a.test', 'a.test', 201],
    ['a.test', 'b.test', 421],
    // No section of the port has it.
    ['a.test', 'other.example', 404],
    ['b.test', 'other.example', 404],
  ])('without one: SNI %s, Host %s is answered %d', async (sni, host, status) => {
    expect((await ask('some', sni, host)).status).toBe(status);
  });

  it('answers 404 where the own section has no route', async () => {
    expect((await ask('all', 'a.test', 'a.test', '/none')).status).toBe(404);
    expect((await ask('all', 'a.test', 'b.test', '/none')).status).toBe(421);
    expect((await ask('all', 'other.example', 'other.example', '/none')).status).toBe(404);
  });

  it('fails the handshake where no section has the server name', async () => {
    await expect(ask('some', 'other.example', 'a.test')).rejects.toThrow();
  });

  it('lets in clients with a certificate of the authority only', async () => {
    expect((await ask('strict', 'a.test', 'a.test', '/own', client)).status).toBe(201);
    await expect(ask('strict', 'a.test', 'a.test', '/own')).rejects.toThrow();
    await expect(ask('strict', 'a.test', 'a.test', '/own', strangerClient)).rejects.toThrow();
  });

  it('with insecure fallback lets in all', async () => {
    for (const identity of [client, strangerClient, undefined]) {
      expect((await ask('lax', 'a.test', 'a.test', '/own', identity)).status).toBe(201);
    }
  });

  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
  ])('offers HTTP/2: of %s it chooses %s', async (offered, chosen) => {
    const protocol = await new Promise((resolve, reject) => {
      const socket = connect(
        {
          host: '127.0.0.1',
          port: ports.get('all') ?? 0,
          servername: 'a.test',
          ca: authority.chain,
          ALPNProtocols: offered,
        },
        () => {
          resolve(socket.alpnProtocol);
          socket.destroy();
        },
      );
      socket.once('error', reject);
    });
    expect(protocol).toBe(chosen);
  });

  it('refuses TLS 1.1', async () => {
    const handshake = new Promise((resolve, reject) => {
      const socket = connect(
        {
          host: '127.0.0.1',
          port: ports.get('all') ?? 0,
          servername: 'a.test',
          ca: authority.chain,
          minVersion: 'TLSv1',
          maxVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        },
        () => {
          socket.destroy();
          resolve(undefined);
        },
      );
      socket.once('error', reject);
    });
    await expect(handshake).rejects.toThrow();
  });
});
