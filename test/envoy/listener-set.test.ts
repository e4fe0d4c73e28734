import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { parseObjects } from '../fixture/view.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send, type Sent } from './request.ts';

const own = createTestCertificate(['gateway.test']);
const shop = createTestCertificate(['shop.test']);
let envoy: EnvoyUnderTest | undefined;
let http = 0;
let https = 0;
let extra = 0;

/** A route whose redirect tells its name. */
function route(namespace: string, name: string, parents: string): string {
  return `kind: HTTPRoute
metadata: {namespace: ${namespace}, name: ${name}}
spec:
  parentRefs: ${parents}
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {hostname: ${name}.answer}}]}]`;
}

function listenerSet(namespace: string, name: string, created: string, listeners: readonly string[]): string {
  return `kind: ListenerSet
metadata: {namespace: ${namespace}, name: ${name}, creationTimestamp: "2026-01-0${created}T00:00:00Z"}
spec: {parentRef: {namespace: infra, name: gw}, listeners: [${listeners.join(', ')}]}`;
}

const objects = () => [
  `kind: Gateway
metadata: {namespace: infra, name: gw}
spec:
  gatewayClassName: sallyport
  allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {sets: allowed}}}}
  listeners:
    - {name: http, port: ${http}, protocol: HTTP, hostname: gateway.test}
    - {name: https, port: ${https}, protocol: HTTPS, hostname: gateway.test, tls: {certificateRefs: [{name: own}]}}`,
  ...['shop', 'desk'].map((name) => `kind: Namespace\nmetadata: {name: ${name}, labels: {sets: allowed}}`),
  secretYaml('own', own, 'infra'),
  secretYaml('pair', shop, 'shop'),
  listenerSet('shop', 'set', '1', [
    `{name: http, port: ${http}, protocol: HTTP, hostname: shop.test}`,
    `{name: https, port: ${https}, protocol: HTTPS, hostname: shop.test, tls: {certificateRefs: [{name: pair}]}}`,
    `{name: extra, port: ${extra}, protocol: HTTP}`,
  ]),
  listenerSet('desk', 'late', '2', [
    `{name: http, port: ${http}, protocol: HTTP, hostname: shop.test}`,
    `{name: wild, port: ${http}, protocol: HTTP, hostname: "*.test"}`,
  ]),
  listenerSet('other', 'refused', '1', [`{name: http, port: ${http}, protocol: HTTP, hostname: other.example}`]),
  route('infra', 'gateway', '[{name: gw}]'),
  route('shop', 'shop', '[{kind: ListenerSet, name: set, sectionName: http}]'),
  route('shop', 'secure', '[{kind: ListenerSet, name: set, sectionName: https}]'),
  route('shop', 'extra', `[{kind: ListenerSet, name: set, port: ${extra}}]`),
  route('desk', 'late', '[{kind: ListenerSet, name: late}]'),
  route('other', 'refused', '[{kind: ListenerSet, name: refused}]'),
];

beforeAll(async () => {
  [http, https, extra] = [await freePort(), await freePort(), await freePort()];
  const snapshot = applyChanges(
    emptySnapshot,
    parseObjects(objects().join('\n---\n')).map((object) => ({ kind: 'put', object })),
  );
  const { resources } = createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map());
  const made = resources.get(gatewayName('infra', 'gw'));
  if (made === undefined) throw new Error('no resources');
  envoy = await startEnvoy(made);
  for (const port of [http, https, extra]) await envoy.listening(port);
});

afterAll(async () => envoy?.stop());

/** Who answered, by the host it redirects to, or the status where none did. */
async function ask(sent: Partial<Sent> & Pick<Sent, 'port' | 'host'>): Promise<string | number> {
  const { status, headers } = await send({ path: '/', ...sent });
  const { location } = headers;
  return status === 302 && typeof location === 'string' ? new URL(location).hostname : status;
}

describe('ListenerSets on a real Envoy', () => {
  it.each([
    ['gateway.test', 'gateway.answer'],
    ['shop.test', 'shop.answer'],
    // The older set has shop.test; the rest of the younger one serves.
    ['x.test', 'late.answer'],
    ['other.example', 404],
  ])('answer for their own hosts beside the Gateway: %s', async (host, who) => {
    expect(await ask({ port: http, host })).toBe(who);
  });

  it('serve ports that the Gateway has not', async () => {
    expect(await ask({ port: extra, host: 'anything.example' })).toBe('extra.answer');
  });

  it('bring certificates of their own', async () => {
    const tls = { ca: shop.chain, servername: 'shop.test' };
    expect(await ask({ port: https, host: 'shop.test', tls })).toBe('secure.answer');
    expect(await ask({ port: https, host: 'gateway.test', tls })).toBe(421);
    expect(await ask({ port: https, host: 'gateway.test', tls: { ca: own.chain, servername: 'gateway.test' } })).toBe(
      'gateway.answer',
    );
  });
});
