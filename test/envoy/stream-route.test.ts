import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { parseObjects } from '../fixture/view.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send } from './request.ts';
import { askTcp, askTls, askUdp, count, startTcpBackend, startTlsBackend, startUdpBackend } from './stream.ts';
import type { StreamBackend } from './stream.ts';

const pair = createTestCertificate(['end.example.com', 'web.example.com']);
const authority = createTestCertificate(['backends']);
const own = createTestCertificate(['backend.example.com'], { issuer: authority });
const backends = new Map<string, StreamBackend>();
const ports = { tcp: 0, extra: 0, udp: 0, tls: 0 };
const pipeline = createPipeline(standaloneOptions, debianOptions);
let envoy: EnvoyUnderTest;

function service(name: string, transport: 'TCP' | 'UDP'): string {
  return `kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80, protocol: ${transport}}]}
---
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{port: ${backends.get(name)?.port}, protocol: ${transport}}]
endpoints: [{addresses: [127.0.0.1]}]
`;
}

function route(kind: string, name: string, section: string, refs: string, hostnames = ''): string {
  return `kind: ${kind}
metadata: {name: ${name}}
spec: {parentRefs: [{name: gw, sectionName: ${section}}], ${hostnames}rules: [{backendRefs: [${refs}]}]}
`;
}

interface World {
  /** backendRefs of the TCPRoute and of the UDPRoute. */
  readonly tcp: string;
  readonly udp: string;
  readonly extra?: boolean;
}

function resourcesOf({ tcp, udp, extra = false }: World) {
  const documents = [
    `kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: tcp, port: ${ports.tcp}, protocol: TCP}
    - {name: udp, port: ${ports.udp}, protocol: UDP}
    ${extra ? `- {name: extra, port: ${ports.extra}, protocol: TCP}` : ''}
    - {name: pass, port: ${ports.tls}, protocol: TLS, hostname: "*.example.com", tls: {mode: Passthrough}}
    - {name: end, port: ${ports.tls}, protocol: TLS, hostname: end.example.com, tls: {mode: Terminate, certificateRefs: [{name: pair}]}}
    - {name: seal, port: ${ports.tls}, protocol: TLS, hostname: seal.example.com, tls: {mode: Terminate, certificateRefs: [{name: pair}]}}
    - {name: web, port: ${ports.tls}, protocol: HTTPS, hostname: web.example.com, tls: {certificateRefs: [{name: pair}]}}`,
    secretYaml('pair', pair),
    `kind: BackendTLSPolicy
metadata: {name: secure}
spec:
  targetRefs: [{group: "", kind: Service, name: secure}]
  validation: {hostname: backend.example.com, caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}`,
    `kind: ConfigMap
metadata: {name: ca}
data: {ca.crt: ${JSON.stringify(authority.chain)}}`,
    ...['a', 'b', 'secure'].map((name) => service(name, 'TCP')),
    ...['one', 'two'].map((name) => service(name, 'UDP')),
    route('TCPRoute', 'tcp', 'tcp', tcp),
    route('TCPRoute', 'extra', 'extra', '{name: b, port: 80}'),
    route('UDPRoute', 'udp', 'udp', udp),
    route('TLSRoute', 'wide', 'pass', '{name: secure, port: 80}', 'hostnames: ["*.example.com"], '),
    route('TLSRoute', 'gone', 'pass', '{name: gone, port: 80}', 'hostnames: [gone.example.com], '),
    route('TLSRoute', 'seal', 'seal', '{name: secure, port: 80}', 'hostnames: [seal.example.com], '),
    route('TLSRoute', 'end', 'end', '{name: a, port: 80}', 'hostnames: [end.example.com], '),
  ];
  const changes = parseObjects(documents.join('\n---\n')).map((object) => ({ kind: 'put', object }) as const);
  const { resources } = pipeline.run(applyChanges(emptySnapshot, changes), new Map());
  const ours = resources.get(gatewayName('default', 'gw'));
  if (ours === undefined) throw new Error('the Gateway is not served');
  return ours;
}

const first: World = { tcp: '{name: a, port: 80}', udp: '{name: one, port: 80}' };

beforeAll(async () => {
  for (const name of ['a', 'b']) backends.set(name, await startTcpBackend(name));
  for (const name of ['one', 'two']) backends.set(name, await startUdpBackend(name));
  backends.set('secure', await startTlsBackend('secure', own));
  for (const key of ['tcp', 'extra', 'tls'] as const) ports[key] = await freePort();
  ports.udp = ports.tcp;
  envoy = await startEnvoy(resourcesOf(first));
  for (const port of [ports.tcp, ports.tls]) await envoy.listening(port);
});

afterAll(async () => {
  await envoy?.stop();
  await Promise.all([...backends.values()].map((backend) => backend.stop()));
});

/** A connection that is kept, and says whether its other end still answers. */
async function keep(port: number): Promise<{ readonly socket: Socket; ask(): Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const ask = () =>
    new Promise<string>((resolve) => {
      socket.once('data', (data) => resolve(data.toString()));
      socket.once('close', () => resolve('closed'));
      socket.write('hello');
    });
  return { socket, ask };
}

describe('TLSRoutes, and HTTPS beside them on one port', () => {
  it.each([
    [
      'a name under the wildcard is handed on',
      'any.example.com',
      { answer: 'secure no-alpn', shown: 'backend.example.com' },
    ],
    [
      'a name whose TLS ends here and begins anew (BackendTLSPolicy)',
      'seal.example.com',
      { answer: 'secure no-alpn', shown: 'end.example.com' },
    ],
    ['a name whose TLS ends here', 'end.example.com', { answer: 'a', shown: 'end.example.com' }],
  ])('%s', async (_, servername, expected) => expect(await askTls(ports.tls, { servername })).toEqual(expected));

  it.each([
    ['a name without a backend, which must not fall to the wildcard', 'gone.example.com'],
    ['a name of nobody', 'www.example.org'],
  ])('close %s', async (_, servername) => {
    const { answer, shown } = await askTls(ports.tls, { servername });
    expect(['closed', 'ECONNRESET']).toContain(answer);
    expect(shown).toBeUndefined();
  });

  it('tell an HTTPS client that a host of another section is misdirected', async () => {
    const tls = { servername: 'web.example.com', rejectUnauthorized: false };
    const ask = (host: string) => send({ port: ports.tls, path: '/', host, tls });
    expect((await ask('web.example.com')).status).toBe(404);
    expect((await ask('end.example.com')).status).toBe(421);
    expect((await ask('any.example.com')).status).toBe(421);
  });
});

describe('TCPRoutes and UDPRoutes on one port number', () => {
  it('serve both', async () => {
    expect(await askTcp(ports.tcp)).toBe('a');
    expect(await askUdp(ports.udp)).toBe('one');
  });

  it('follow a change of weights', async () => {
    envoy.update(
      resourcesOf({
        tcp: '{name: a, port: 80, weight: 70}, {name: b, port: 80, weight: 30}',
        udp: '{name: one, port: 80, weight: 7}, {name: two, port: 80, weight: 1}, {name: gone, port: 80, weight: 2}',
      }),
    );
    await expect.poll(() => askTcp(ports.tcp)).toBe('b');
    const tcp = await count(400, () => askTcp(ports.tcp));
    expect([...tcp.keys()].sort()).toEqual(['a', 'b']);
    expect((tcp.get('a') ?? 0) / 400).toBeGreaterThan(0.6);
    expect((tcp.get('a') ?? 0) / 400).toBeLessThan(0.8);
    await expect.poll(() => askUdp(ports.udp)).toBe('two');
    const udp = await count(100, () => askUdp(ports.udp));
    for (const [name, share] of Object.entries({ one: 70, two: 10, nothing: 20 })) {
      expect(Math.abs((udp.get(name) ?? 0) - share)).toBeLessThan(4);
    }
  });

  it('lead datagrams elsewhere, and nowhere where no backend can be used', async () => {
    envoy.update(resourcesOf({ ...first, udp: '{name: two, port: 80}' }));
    await expect.poll(() => askUdp(ports.udp)).toBe('two');
    envoy.update(resourcesOf({ ...first, udp: '{name: gone, port: 80}' }));
    await expect.poll(() => askUdp(ports.udp)).toBeUndefined();
    envoy.update(resourcesOf(first));
    await expect.poll(() => askUdp(ports.udp)).toBe('one');
  });

  it('close everything where no backend can be used', async () => {
    envoy.update(resourcesOf({ ...first, tcp: '{name: gone, port: 80}' }));
    await expect.poll(async () => ['closed', 'ECONNRESET'].includes(await askTcp(ports.tcp))).toBe(true);
    envoy.update(resourcesOf(first));
    await expect.poll(() => askTcp(ports.tcp)).toBe('a');
  });

  it('keep their connections while other listeners come and go', async () => {
    const kept = await keep(ports.tcp);
    try {
      expect(await kept.ask()).toBe('a');
      envoy.update(resourcesOf({ ...first, extra: true }));
      await expect.poll(() => askTcp(ports.extra)).toBe('b');
      expect(await kept.ask()).toBe('a');
      envoy.update(resourcesOf(first));
      await expect.poll(() => askTcp(ports.extra)).toBe('ECONNREFUSED');
      expect(await kept.ask()).toBe('a');
    } finally {
      kept.socket.destroy();
    }
  });

  it('never give Envoy what it refuses', () => expect(envoy.refusals).toEqual([]));
});
