import { describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../../test/fixture/certificate.ts';
import { parseObjects } from '../../test/fixture/view.ts';
import { createPipeline } from '../control/pipeline.ts';
import type { IngressListener } from '../ir/listener.ts';
import { applyChanges, emptySnapshot, type Change } from '../snapshot/snapshot.ts';
import { debianOptions } from '../xds/options.ts';
import { standaloneOptions } from './options.ts';

const secrets = ['one', 'two'].map((name) => secretYaml(name, createTestCertificate([`${name}.test`])));
const services = ['a', 'b'].map(
  (name) => `kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80}]}`,
);

function gateway(...listeners: readonly string[]): string {
  return `kind: Gateway
metadata: {name: gw}
spec: {gatewayClassName: sallyport, listeners: [${listeners.join(', ')}]}`;
}

function route(
  kind: string,
  name: string,
  more: { hostnames?: string; backend?: string; created?: string } = {},
): string {
  const { hostnames, backend = 'a', created = '2026-01-01T00:00:00Z' } = more;
  return `kind: ${kind}
metadata: {name: ${name}, creationTimestamp: "${created}"}
spec:
  parentRefs: [{name: gw}]
  ${hostnames === undefined ? '' : `hostnames: [${hostnames}]`}
  rules: [{backendRefs: [{name: ${backend}, port: 80}]}]`;
}

function start() {
  const pipeline = createPipeline(standaloneOptions, debianOptions);
  let snapshot = emptySnapshot;
  return (...documents: readonly string[]) => {
    const changes = parseObjects(documents.join('\n---\n')).map((object): Change => ({ kind: 'put', object }));
    snapshot = applyChanges(snapshot, changes);
    const { translation } = pipeline.run(snapshot, new Map());
    const [ours] = translation.ir.gateways;
    const listeners = (ours?.listeners ?? []) as readonly IngressListener[];
    return { listeners, endpoints: ours?.endpoints ?? [], diagnostics: translation.diagnostics };
  };
}

/** Each server name with what becomes of it. */
function chainsOf(listeners: readonly IngressListener[]): Readonly<Record<string, string>> {
  const [listener] = listeners;
  if (listener?.kind !== 'Tls') throw new Error('no TLS');
  return Object.fromEntries(
    listener.chains.map((chain) => [
      chain.serverName ?? '*',
      'forward' in chain ? `${chain.kind} ${chain.forward.route}` : chain.kind,
    ]),
  );
}

const pass = (hostname: string, name = 'pass') =>
  `{name: ${name}, port: 443, protocol: TLS, hostname: "${hostname}", tls: {mode: Passthrough}}`;
const end = (secret: string) =>
  `{name: end, port: 443, protocol: TLS, hostname: end.test, tls: {mode: Terminate, certificateRefs: [{name: ${secret}}]}}`;

describe('streams', () => {
  it('serves at a name the route that asks for it itself, also where one with a wildcard is older', () => {
    const { listeners } = start()(
      gateway(pass('a.example.com')),
      ...services,
      route('TLSRoute', 'wide', { hostnames: '"*.example.com"', created: '2025-01-01T00:00:00Z' }),
      route('TLSRoute', 'wider', { hostnames: '"*.com"', created: '2024-01-01T00:00:00Z' }),
      route('TLSRoute', 'exact', { hostnames: 'a.example.com' }),
    );
    expect(chainsOf(listeners)).toEqual({ 'a.example.com': 'Passthrough TLSRoute/default/exact/0/0' });
  });

  it('serves the oldest of equals, then the first by name, and says who gets nothing', () => {
    const { listeners, diagnostics } = start()(
      gateway('{name: tcp, port: 80, protocol: TCP}'),
      ...services,
      route('TCPRoute', 'c', { created: '2025-01-01T00:00:00Z' }),
      route('TCPRoute', 'b', { created: '2025-01-01T00:00:00Z' }),
      route('TCPRoute', 'a'),
    );
    expect(listeners).toMatchObject([{ kind: 'Tcp', forward: { route: 'TCPRoute/default/b/0/0' } }]);
    expect(diagnostics.map(({ reason, object }) => `${reason} ${object?.name}`).sort()).toEqual([
      'SameMatch a',
      'SameMatch c',
    ]);
  });

  it('lets no name of a listener fall to a listener with a wider one', () => {
    const { listeners } = start()(
      gateway(pass('*.example.com'), pass('own.example.com', 'own'), pass('*', 'all').replace('hostname: "*", ', '')),
      ...services,
      route('TLSRoute', 'wide', { hostnames: '"*.example.com"' }).replace(
        '{name: gw}',
        '{name: gw, sectionName: pass}',
      ),
      route('TLSRoute', 'gone', { hostnames: 'gone.example.com', backend: 'gone' }),
    );
    expect(chainsOf(listeners)).toEqual({
      '*': 'Refuse',
      '*.example.com': 'Passthrough TLSRoute/default/wide/0/0',
      'gone.example.com': 'Refuse',
      'own.example.com': 'Refuse',
    });
  });

  it('refuses the names of a listener that lacks its certificate, until it has one', () => {
    const put = start();
    const https =
      '{name: web, port: 443, protocol: HTTPS, hostname: web.example.com, tls: {certificateRefs: [{name: one}]}}';
    const wide = '{name: wide, port: 443, protocol: HTTPS, hostname: "*.com", tls: {certificateRefs: [{name: two}]}}';
    const second = secrets[1] ?? '';
    const without = put(gateway(pass('*.example.com'), https, wide), second, ...services).listeners;
    expect(chainsOf(without)).toMatchObject({ 'web.example.com': 'Refuse', '*.com': 'Terminate' });
    const complete = put(secrets[0] ?? '').listeners;
    expect(chainsOf(complete)).toMatchObject({ 'web.example.com': 'Terminate', '*.com': 'Terminate' });
  });

  it('lets an Ingress bring the certificate that a listener lacks', () => {
    const { listeners } = start()(
      gateway(
        '{name: web, port: 443, protocol: HTTPS, hostname: web.example.com, tls: {certificateRefs: [{name: gone}]}}',
        '{name: other, port: 443, protocol: HTTPS, hostname: other.example.com, tls: {certificateRefs: [{name: two}]}}',
      ),
      ...secrets,
      ...services,
      `kind: IngressClass
metadata: {name: gw}
spec: {controller: ${standaloneOptions.controllerName}, parameters: {apiGroup: gateway.networking.k8s.io, kind: Gateway, namespace: default, name: gw, scope: Namespace}}`,
      `kind: Ingress
metadata: {name: i}
spec:
  ingressClassName: gw
  tls: [{hosts: [web.example.com], secretName: one}]
  rules: [{host: web.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]`,
    );
    expect(chainsOf(listeners)).toEqual({ 'web.example.com': 'Terminate', 'other.example.com': 'Terminate' });
  });

  it('does not bind a port where nothing can be served', () => {
    expect(start()(gateway(end('gone')), ...services).listeners).toEqual([]);
  });

  it('follows a listener that gets another certificate, or another mode', () => {
    const put = start();
    const certificatesOf = (listeners: readonly IngressListener[]) =>
      listeners.flatMap((listener) =>
        listener.kind === 'Tls' ? listener.chains.flatMap((c) => ('certificates' in c ? c.certificates : [])) : [],
      );
    const world = [...secrets, ...services, route('TLSRoute', 'r', { hostnames: 'end.test' })];
    expect(certificatesOf(put(gateway(end('one')), ...world).listeners)).toEqual(['Secret/default/one']);
    expect(certificatesOf(put(gateway(end('two'))).listeners)).toEqual(['Secret/default/two']);
    const { listeners } = put(gateway(pass('end.test', 'end')));
    expect(chainsOf(listeners)).toEqual({ 'end.test': 'Passthrough TLSRoute/default/r/0/0' });
    expect(listeners).toMatchObject([{ chains: [{ forward: { clusters: [{ cluster: 'default/a:80/tls' }] } }] }]);
  });

  it('touches no other chain, and no listener of HTTP, when a route comes', () => {
    const put = start();
    const before = put(
      gateway(pass('*.example.com'), '{name: http, port: 80, protocol: HTTP}'),
      ...services,
      route('TLSRoute', 'one', { hostnames: 'one.example.com' }),
    ).listeners;
    const after = put(route('TLSRoute', 'two', { hostnames: 'two.example.com' })).listeners;
    expect(after[0]).toBe(before[0]);
    const [, tlsBefore] = before;
    const [, tlsAfter] = after;
    if (tlsBefore?.kind !== 'Tls' || tlsAfter?.kind !== 'Tls') throw new Error('no TLS');
    for (const chain of tlsBefore.chains) expect(tlsAfter.chains).toContain(chain);
    expect(tlsAfter.chains).toHaveLength(3);
  });

  it('follows new weights of a rule whose backends are one cluster', () => {
    const put = start();
    const backends = (weight: number) =>
      route('UDPRoute', 'u').replace('port: 80}]', `port: 80, weight: ${weight}}, {name: b, port: 80}]`);
    const weights = ({ endpoints }: ReturnType<typeof put>) =>
      endpoints.flatMap(({ localities }) => localities.map(({ weight, discards }) => [weight, discards]));
    const world = [
      gateway('{name: udp, port: 53, protocol: UDP}'),
      ...services.map((text) => text.replace('80', '80, protocol: UDP')),
    ];
    // Without endpoints both shares are thrown away together.
    expect(weights(put(...world, backends(3)))).toEqual([[4, true]]);
    expect(weights(put(backends(7)))).toEqual([[8, true]]);
  });

  it('gives TCP and UDP of one port a socket each', () => {
    const { listeners } = start()(
      gateway('{name: tcp, port: 53, protocol: TCP}', '{name: udp, port: 53, protocol: UDP}'),
      route('UDPRoute', 'u'),
    );
    expect(listeners).toMatchObject([
      { kind: 'Tcp', name: 'tcp/127.0.0.1:53' },
      { kind: 'Udp', name: 'udp/127.0.0.1:53', forward: { cluster: 'rule/UDPRoute/default/u/0' } },
    ]);
    expect(listeners[0]).not.toHaveProperty('forward');
  });
});
