import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster, EndpointSet } from '../../src/ir/cluster.ts';
import type { FilterChain, IngressListener } from '../../src/ir/listener.ts';
import {
  clusterName,
  filterChainName,
  listenerName,
  originOf,
  routeName,
  secretName,
  sectionName,
  type ClusterName,
} from '../../src/ir/name.ts';
import type { StreamForward } from '../../src/ir/stream.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { Sensitive } from '../../src/lib/sensitive.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { createTestCertificate } from '../fixture/certificate.ts';
import { gateway } from '../fixture/ir.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { askTcp, askTls, askUdp, count, startTcpBackend, startTlsBackend, startUdpBackend } from './stream.ts';
import type { StreamBackend } from './stream.ts';

const certificate = secretName('Secret', 'default', 'pair');
const pair = createTestCertificate(['gateway']);
const own = createTestCertificate(['backend']);
const clientCa = secretName('ConfigMap', 'default', 'client-ca');
const clientAuthority = createTestCertificate(['client authority']);
const client = createTestCertificate(['client'], { issuer: clientAuthority });
const origin = originOf('TCPRoute/default/r');
const backends: StreamBackend[] = [];
let envoy: EnvoyUnderTest;
const ports = { tcp: 0, idle: 0, udp: 0, tls: 0 };

function nameOf(backend: string): ClusterName {
  return clusterName('default', backend, 80);
}

function forward(shares: Readonly<Record<string, number>>, invalidWeight = 0): StreamForward {
  const clusters = Object.entries(shares).map(([name, weight]) => ({ cluster: nameOf(name), weight }));
  return { route: routeName('TCPRoute/default/r', 0, 0), origin, clusters, invalidWeight };
}

function tcpCluster({ name }: StreamBackend): Cluster {
  return { name: nameOf(name), origins: [], protocol: 'Tcp', weightedLocalities: false };
}

function endpointsOf({ name, port }: StreamBackend): EndpointSet {
  return { cluster: nameOf(name), localities: [{ name, endpoints: [{ address: '127.0.0.1', port }] }] };
}

function bound<K extends IngressListener['kind']>(kind: K, scheme: 'tls' | 'tcp' | 'udp', port: number) {
  const bind = { address: '127.0.0.1', port };
  return { kind, name: listenerName(scheme, '127.0.0.1', port), bind, port, origins: [] } as const;
}

function chain(serverName: string | undefined) {
  const name = serverName ?? 'rest';
  const base = { name: filterChainName(name), section: sectionName(name) };
  return serverName === undefined ? base : { ...base, serverName };
}

const chains: readonly FilterChain[] = [
  { kind: 'Passthrough', ...chain('pass.test'), forward: forward({ secure: 1 }) },
  { kind: 'Passthrough', ...chain('*.pass.test'), forward: forward({ secure: 1 }) },
  { kind: 'TerminateTcp', ...chain('end.test'), certificates: [certificate], forward: forward({ a: 1 }) },
  {
    kind: 'TerminateTcp',
    ...chain('strict.test'),
    certificates: [certificate],
    clientValidation: { caSecret: clientCa, mode: 'AllowValidOnly' },
    forward: forward({ b: 1 }),
  },
  { kind: 'Passthrough', ...chain('broken.pass.test'), forward: forward({}, 1) },
  { kind: 'Refuse', ...chain('none.pass.test'), why: 'asked for by the test' },
  { kind: 'Passthrough', ...chain(undefined), forward: forward({ secure: 1 }) },
];

beforeAll(async () => {
  const a = await startTcpBackend('a');
  const b = await startTcpBackend('b');
  const secure = await startTlsBackend('secure', own);
  const [one, two] = [await startUdpBackend('one'), await startUdpBackend('two')];
  backends.push(a, b, secure, one, two);
  for (const key of ['tcp', 'idle', 'tls'] as const) ports[key] = await freePort();
  // A port may be bound for datagrams and for connections at once.
  ports.udp = ports.tcp;
  const datagrams = nameOf('datagrams');
  const resources = buildResources(
    createMemo(),
    debianOptions,
    gateway({
      listeners: [
        { ...bound('Tcp', 'tcp', ports.tcp), forward: forward({ a: 70, b: 30 }, 100) },
        bound('Tcp', 'tcp', ports.idle),
        { ...bound('Udp', 'udp', ports.udp), forward: { route: routeName('u', 0, 0), origin, cluster: datagrams } },
        { ...bound('Tls', 'tls', ports.tls), chains },
      ],
      clusters: [
        ...[a, b, secure].map(tcpCluster),
        { name: datagrams, origins: [], protocol: 'Udp', weightedLocalities: true },
      ],
      endpoints: [
        ...[a, b, secure].map(endpointsOf),
        {
          cluster: datagrams,
          localities: [
            { name: 'one', weight: 6, endpoints: [{ address: '127.0.0.1', port: one.port }] },
            { name: 'two', weight: 2, endpoints: [{ address: '127.0.0.1', port: two.port }] },
            { name: 'lost', weight: 2, endpoints: [], discards: true },
          ],
        },
      ],
      secrets: [
        {
          kind: 'Certificate',
          name: certificate,
          origin: originOf('Secret/default/pair'),
          chain: pair.chain,
          key: new Sensitive(pair.key),
        },
        {
          kind: 'CaBundle',
          name: clientCa,
          origin: originOf('ConfigMap/default/client-ca'),
          bundle: clientAuthority.chain,
        },
      ],
    }),
  );
  envoy = await startEnvoy(resources);
  for (const port of [ports.tcp, ports.idle, ports.tls]) await envoy.listening(port);
});

afterAll(async () => {
  await envoy?.stop();
  await Promise.all(backends.map((backend) => backend.stop()));
});

describe('listeners below HTTP', () => {
  it('are all accepted by Envoy', () => expect(envoy.refusals).toEqual([]));

  it('deal connections out by weight, and close the share of backends that can not be used', async () => {
    const counts = await count(400, () => askTcp(ports.tcp));
    const [a = 0, b = 0] = [counts.get('a'), counts.get('b')];
    expect([...counts.keys()].filter((answer) => answer !== 'a' && answer !== 'b').length).toBeGreaterThan(0);
    expect(a + b).toBeGreaterThan(150);
    expect(a + b).toBeLessThan(250);
    // Dealt by chance, about a share of 0.7: five times what it usually differs by.
    expect(a / (a + b)).toBeGreaterThan(0.53);
    expect(a / (a + b)).toBeLessThan(0.87);
  });

  it('close every connection where no route is attached', async () => {
    expect(['closed', 'ECONNRESET']).toContain(await askTcp(ports.idle));
  });

  it('deal datagrams out by weight, and lose the share of backends that can not be used', async () => {
    const counts = await count(200, () => askUdp(ports.udp));
    // Round robin over the weights: exact, but for where it stood.
    const shares = { one: 120, two: 40, nothing: 40 };
    for (const [name, share] of Object.entries(shares))
      expect(Math.abs((counts.get(name) ?? 0) - share)).toBeLessThan(4);
  });

  it('hand TLS on without ending it, by server name', async () => {
    const secure = { answer: 'secure no-alpn', shown: 'backend' };
    expect(await askTls(ports.tls, { servername: 'pass.test' })).toEqual(secure);
    expect(await askTls(ports.tls, { servername: 'x.y.pass.test' })).toEqual(secure);
    expect(await askTls(ports.tls, { servername: 'other.test' })).toEqual(secure);
  });

  it('end TLS and hand on what is inside, without agreeing on a protocol', async () => {
    const answer = { answer: 'a', shown: 'gateway' };
    expect(await askTls(ports.tls, { servername: 'end.test' })).toEqual(answer);
    expect(await askTls(ports.tls, { servername: 'end.test', ALPNProtocols: ['mqtt'] })).toEqual(answer);
  });

  it('ask for a client certificate, and dial no backend for who has none', async () => {
    const known = { servername: 'strict.test', cert: client.chain, key: client.key };
    const b = backends.find(({ name }) => name === 'b');
    const before = b?.connections();
    expect((await askTls(ports.tls, { servername: 'strict.test' })).answer).not.toBe('b');
    expect(b?.connections()).toBe(before);
    expect(await askTls(ports.tls, known)).toEqual({ answer: 'b', shown: 'gateway' });
  });

  it.each(['broken.pass.test', 'none.pass.test'])('close what can not be served: %s', async (servername) => {
    const { answer, shown } = await askTls(ports.tls, { servername });
    expect(['closed', 'ECONNRESET']).toContain(answer);
    expect(shown).toBeUndefined();
  });

  it('let no plain text into a chain for TLS', async () => {
    expect(['closed', 'ECONNRESET']).toContain(await askTcp(ports.tls));
  });

  it('log each connection with the rule that it met', async () => {
    await expect.poll(() => envoy.output()).toContain('"route":"TCPRoute/default/r/0/0"');
  });
});
