import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { startBackend, type Backend } from './backend.ts';
import { freePort, type EnvoyUnderTest } from './envoy-under-test.ts';
import { serviceYaml, startManifests } from './manifest-gateway.ts';
import { send, type Reply } from './request.ts';

const pair = createTestCertificate(['secure.test', 'other.test']);
const backends = new Map<string, Backend>();
const names = ['one', 'two', 'three'] as const;
let envoy: EnvoyUnderTest | undefined;
let http = 0;
let https = 0;

function route(
  name: string,
  hostnames: string,
  rules: string,
  section = 'all',
  created = '2026-01-01T00:00:00Z',
): string {
  return `kind: HTTPRoute
metadata: {name: ${name}, creationTimestamp: "${created}"}
spec: {parentRefs: [{name: gw, sectionName: ${section}}], ${hostnames}rules: ${rules}}
`;
}

const to = (name: string, more = '') => `backendRefs: [{name: ${name}, port: 80${more}}]`;
const at = (path: string) => `matches: [{path: {value: ${path}}}]`;

const objects = () => [
  `kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: all, port: ${http}, protocol: HTTP}
    - {name: wild, port: ${http}, protocol: HTTP, hostname: "*.example.com"}
    - {name: exact, port: ${http}, protocol: HTTP, hostname: a.example.com}
    - {name: secure, port: ${https}, protocol: HTTPS, hostname: secure.test, tls: {certificateRefs: [{name: pair}]}}
    - {name: other, port: ${https}, protocol: HTTPS, hostname: other.test, tls: {certificateRefs: [{name: pair}]}}`,
  secretYaml('pair', pair),
  ...names.map((name) => serviceYaml(name, backends.get(name)?.port ?? 0)),
  // Isolation: each listener answers for its own hosts, also where a route of another one would take the path.
  route('isolated-all', '', `[{${at('/isolated')}, ${to('one')}}, {${at('/only-all')}, ${to('one')}}]`),
  route('isolated-wild', '', `[{${at('/isolated')}, ${to('two')}}, {${at('/only-wild')}, ${to('two')}}]`, 'wild'),
  route('isolated-exact', '', `[{${at('/isolated')}, ${to('three')}}]`, 'exact'),
  // What can't be served is refused, and not taken by the rule for everything.
  route(
    'broken',
    'hostnames: [broken.test], ',
    `[{${at('/auth')}, filters: [{type: ExternalAuth}], ${to('one')}}, {${at('/gone')}, ${to('gone')}},
      {${at('/secret')}, ${to('one')}, filters: [{type: ExtensionRef, extensionRef: {group: x.dev, kind: X, name: x}}]}]`,
  ),
  route('rest', 'hostnames: [broken.test], ', `[{${to('two')}}]`),
  // Equal matches: the oldest.
  route('a-young', 'hostnames: [equal.test], ', `[{${to('one')}}]`, 'all', '2026-01-02T00:00:00Z'),
  route('z-old', 'hostnames: [equal.test], ', `[{${to('two')}}]`),
  // The port of a redirect is the listener's.
  route(
    'redirect',
    'hostnames: [redirect.test], ',
    '[{filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /new}}}]}]',
  ),
  route('secure', '', `[{${to('three')}}]`, 'secure'),
  route('other', '', `[{${to('two')}}]`, 'other'),
  // A policy that can't be met denies its backend.
  serviceYaml('guarded', backends.get('one')?.port ?? 0),
  `kind: BackendTLSPolicy
metadata: {name: guarded}
spec:
  targetRefs: [{group: "", kind: Service, name: guarded}]
  validation: {hostname: guarded, caCertificateRefs: [{group: "", kind: ConfigMap, name: gone}]}`,
  route('guarded', 'hostnames: [guarded.test], ', `[{${to('guarded')}}]`),
];

beforeAll(async () => {
  for (const name of names) backends.set(name, await startBackend(name));
  [http, https] = [await freePort(), await freePort()];
  envoy = await startManifests(objects(), [http, https]);
});

afterAll(async () => {
  await envoy?.stop();
  for (const backend of backends.values()) await backend.stop();
});

const get = (host: string, path: string): Promise<Reply> => send({ port: http, host, path });

/** The backend that answered, or the status where none did. */
function whoIn(reply: Reply): string | number {
  // A backend answers with what it saw.
  return reply.status === 200 ? (JSON.parse(reply.body) as { backend: string }).backend : reply.status;
}

describe('Gateways and HTTPRoutes on a real Envoy', () => {
  it.each([
    ['x.test', '/isolated', 'one'],
    ['b.example.com', '/isolated', 'two'],
    ['c.b.example.com', '/isolated', 'two'],
    ['a.example.com', '/isolated', 'three'],
    ['example.com', '/isolated', 'one'],
    ['b.example.com', '/only-all', 404],
    ['a.example.com', '/only-wild', 404],
    ['A.EXAMPLE.COM', '/isolated', 'three'],
    ['broken.test', '/auth', 500],
    ['broken.test', '/secret/deep', 500],
    ['broken.test', '/gone', 500],
    ['broken.test', '/authentic', 'two'],
    ['equal.test', '/', 'two'],
    ['guarded.test', '/', 500],
  ])('answers %s%s by %s', async (host, path, who) => expect(whoIn(await get(host, path))).toBe(who));

  it('redirects to the port of the listener', async () => {
    const reply = await get('redirect.test', '/old?q=1');
    expect([reply.status, reply.headers.location]).toEqual([302, `http://redirect.test:${http}/new?q=1`]);
  });

  it.each([
    ['secure.test', 'secure.test', 'three'],
    ['other.test', 'other.test', 'two'],
    ['secure.test', 'other.test', 421],
    ['secure.test', 'nobody.test', 404],
  ])('with server name %s answers host %s by %s', async (servername, host, who) => {
    const reply = await send({ port: https, host, path: '/', tls: { ca: pair.chain, servername } });
    expect(whoIn(reply)).toBe(who);
  });
});
