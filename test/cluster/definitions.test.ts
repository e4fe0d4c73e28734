import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { installCrds, kubectl } from './cluster.ts';
import { type Installation, installSallyport } from './install.ts';
import {
  addressOf,
  apply,
  ask,
  askUntil,
  createNamespace,
  echo,
  httpGateway,
  httpRoute,
  read,
  removeNamespaces,
} from './namespace.ts';
import { type Channel, gatewayApiCrds, kubectlProgram } from './programs.ts';
import { must, waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
let installation: Installation | undefined;
let shop: string | undefined;

function definition(plural: string): string {
  return `${plural}.gateway.networking.k8s.io`;
}

async function removeDefinitions(): Promise<void> {
  const names = await kubectl(kubeconfig, ['get', 'crd', '--output=name']);
  const ours = names.split('\n').filter((name) => /\.gateway\.networking\.(x-)?k8s\.io$/.test(name));
  if (ours.length > 0) await kubectl(kubeconfig, ['delete', ...ours, '--wait']);
}

/** Installs one definition of the Gateway API. */
async function define(channel: Channel, plural: string): Promise<void> {
  const file = join(await gatewayApiCrds(channel), `gateway.networking.k8s.io_${plural}.yaml`);
  const input = readFileSync(file, 'utf8');
  const program = await kubectlProgram();
  await must([program, '--kubeconfig', kubeconfig, 'apply', '--server-side', '--filename', '-'], { input });
  await kubectl(kubeconfig, ['wait', '--for=condition=Established', 'crd', definition(plural), '--timeout=30s']);
}

/** The kinds that the GatewayClass says are served. */
async function featureKinds(): Promise<readonly string[]> {
  const { status } = await read('gatewayclass', 'default', 'sallyport');
  const names = (status?.supportedFeatures ?? []).map(({ name }) => name);
  const kinds = [
    'BackendTLSPolicy',
    'GRPCRoute',
    'HTTPRoute',
    'ListenerSet',
    'ReferenceGrant',
    'TCPRoute',
    'TLSRoute',
    'UDPRoute',
  ];
  return kinds.filter((kind) => names.some((name) => name.startsWith(kind)));
}

function featureKindsToBe(...kinds: readonly string[]): Promise<unknown> {
  return waitFor(`the features to be those of ${kinds.join(', ')}`, 30, async () =>
    JSON.stringify(await featureKinds()) === JSON.stringify(kinds) ? true : undefined,
  );
}

/** A Gateway, a backend and a route; gives the address that serves them. */
async function serve(): Promise<string> {
  shop = await createNamespace('shop');
  const gateway = httpGateway(shop, 'public') as { readonly spec: { readonly listeners: readonly object[] } };
  const tls = { name: 'tls', port: 8443, protocol: 'TLS', tls: { mode: 'Passthrough' } };
  await apply(...echo(shop, 'cart'), {
    ...gateway,
    spec: { ...gateway.spec, listeners: [...gateway.spec.listeners, tls] },
  });
  await apply(httpRoute(shop, 'cart', 'public', 'cart.example.com', 'cart'));
  const address = await waitFor('an address', 90, async () => {
    const { status } = await read('gateway', shop ?? '', 'public');
    return status?.addresses?.[0]?.value;
  });
  await askUntil(address, 'cart.example.com', '/', 200);
  return address;
}

async function attached(listener: string): Promise<number | undefined> {
  const { status } = await read('gateway', shop ?? '', 'public');
  return status?.listeners?.find(({ name }) => name === listener)?.attachedRoutes;
}

beforeAll(removeDefinitions, 120_000);

afterEach(async () => {
  await removeNamespaces(shop);
  shop = undefined;
  await installation?.uninstall();
  installation = undefined;
  await removeDefinitions();
}, 300_000);

afterAll(() => installCrds(kubeconfig, 'experimental'), 120_000);

describe('with Gateway, GatewayClass and HTTPRoute alone', () => {
  it('serves, says what is off, and takes up TLSRoute and lets go of it as its definition comes and goes', async () => {
    for (const plural of ['gatewayclasses', 'gateways', 'httproutes']) await define('standard', plural);
    installation = await installSallyport(kubeconfig, { values: ['ingress.create=false', 'replicas=1'] });
    await featureKindsToBe('HTTPRoute');
    const words = ['--namespace', 'sallyport-system', 'logs', 'deployment/sallyport'];
    const log = await kubectl(kubeconfig, words);
    for (const kind of ['TLSRoute', 'GRPCRoute', 'ListenerSet', 'ReferenceGrant', 'XBackend']) {
      expect(log).toMatch(new RegExp(`"kind":"${kind}","msg":"off: the definition is not installed"`));
    }
    const address = await serve();

    await define('standard', 'tlsroutes');
    await featureKindsToBe('HTTPRoute', 'TLSRoute');
    const { spec, ...route } = httpRoute(shop ?? '', 'stream', 'public', 'stream.example.com', 'cart');
    await apply({ ...route, kind: 'TLSRoute', spec });
    await waitFor('the TLSRoute to be attached', 30, async () => (await attached('tls')) === 1 || undefined);

    let failed = 0;
    let stopped = false;
    const asking = (async () => {
      while (!stopped) if ((await ask(address, 'cart.example.com', '/'))?.status !== 200) failed += 1;
    })();
    try {
      await kubectl(kubeconfig, ['delete', 'crd', definition('tlsroutes'), '--wait']);
      await featureKindsToBe('HTTPRoute');
      await waitFor('the TLSRoute to be gone', 30, async () => (await attached('tls')) === 0 || undefined);
    } finally {
      stopped = true;
      await asking;
    }
    expect(failed).toBe(0);
  });
});

interface Schema {
  readonly properties: { readonly [name: string]: Schema };
  readonly items: Schema;
}

/** Installs a definition as a later version might have it: with a field in one place that has a default. */
async function defineTomorrow(plural: string, placeOf: (spec: Schema) => Schema): Promise<void> {
  const file = join(await gatewayApiCrds('standard'), `gateway.networking.k8s.io_${plural}.yaml`);
  const definition = parse(readFileSync(file, 'utf8')) as Definition;
  const mode = { type: 'string', default: 'Lax' };
  for (const { schema } of definition.spec.versions) {
    const { spec } = schema.openAPIV3Schema.properties;
    if (spec === undefined) throw new Error(`${plural} have no spec`);
    Object.assign(placeOf(spec).properties, {
      fromTomorrow: { type: 'object', default: {}, properties: { mode } },
    });
  }
  await apply(definition);
}

interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

function itemsOf({ properties }: Schema, list: string): Schema {
  const { items } = properties[list] ?? {};
  if (items === undefined) throw new Error(`there is no list ${list}`);
  return items;
}

/** Ends when another Pod leads: the one before serves on for a while, and knows what it has read. */
async function restartController(): Promise<void> {
  const system = ['--namespace', 'sallyport-system'];
  const leader = () =>
    kubectl(kubeconfig, [...system, 'get', 'lease', 'sallyport-leader', '--output=jsonpath={.spec.holderIdentity}']);
  const before = await leader();
  await kubectl(kubeconfig, [...system, 'rollout', 'restart', 'deployment/sallyport']);
  await waitFor('another leader', 90, async () => !['', before].includes(await leader()) || undefined);
}

function uidOf(kind: string, name: string): Promise<string> {
  return kubectl(kubeconfig, ['--namespace', shop ?? '', 'get', kind, name, '--output=jsonpath={.metadata.uid}']);
}

function acceptedToBe(kind: string, name: string, wanted: string): Promise<{ readonly message: string }> {
  return waitFor(`Accepted=${wanted} of ${kind} ${name}`, 30, async () => {
    const { status } = await read(kind, shop ?? '', name);
    const conditions = status?.conditions ?? status?.parents?.[0]?.conditions ?? [];
    return conditions.find(({ type, status: is }) => type === 'Accepted' && is === wanted);
  });
}

describe('with definitions that are newer than Sallyport', () => {
  it('passes over defaults that nobody wrote, and takes no Envoys from a Gateway that it can not read', async () => {
    await installCrds(kubeconfig, 'standard');
    installation = await installSallyport(kubeconfig, { values: ['ingress.create=false', 'replicas=1'] });
    const address = await serve();
    const namespace = shop ?? '';
    await apply(httpGateway(namespace, 'strict'));
    await apply(httpRoute(namespace, 'strict', 'strict', 'strict.example.com', 'cart'));
    const strict = await addressOf(namespace, 'strict');
    await askUntil(strict, 'strict.example.com', '/', 200);

    await defineTomorrow('gateways', (spec) => itemsOf(spec, 'listeners'));
    await defineTomorrow('httproutes', (spec) => itemsOf(spec, 'rules'));
    await waitFor('the server to give the default', 30, async () => {
      const words = ['--namespace', namespace, 'get', 'httproute', 'cart', '--output=jsonpath={.spec.rules[0]}'];
      return (await kubectl(kubeconfig, words)).includes('Lax') || undefined;
    });
    const gateway = httpGateway(namespace, 'strict') as { readonly spec: { readonly listeners: readonly object[] } };
    const listeners = gateway.spec.listeners.map((listener) => ({ ...listener, fromTomorrow: { mode: 'Strict' } }));
    await apply({ ...gateway, spec: { ...gateway.spec, listeners } });
    const { message } = await acceptedToBe('gateway', 'strict', 'False');
    expect(message).toContain('spec.listeners[0].fromTomorrow');
    const uid = await uidOf('deployment', 'strict-sallyport');

    let failed = 0;
    let stopped = false;
    const asking = (async () => {
      while (!stopped) {
        if ((await ask(address, 'cart.example.com', '/'))?.status !== 200) failed += 1;
        if ((await ask(strict, 'strict.example.com', '/'))?.status !== 200) failed += 1;
      }
    })();
    try {
      await restartController();
      // That these are served needs what was there to be read, and the Envoys of all Gateways to be looked after.
      await apply(httpRoute(namespace, 'late', 'public', 'late.example.com', 'cart'));
      await askUntil(address, 'late.example.com', '/', 200);
      await apply(httpGateway(namespace, 'late'));
      await addressOf(namespace, 'late');
    } finally {
      stopped = true;
      await asking;
    }
    expect(failed).toBe(0);
    expect(await uidOf('deployment', 'strict-sallyport')).toBe(uid);
    await acceptedToBe('httproute', 'cart', 'True');
    await acceptedToBe('gateway', 'public', 'True');
    await acceptedToBe('gateway', 'strict', 'False');
    // Names in a DNS may hang on these.
    expect((await read('gateway', namespace, 'strict')).status?.addresses?.[0]?.value).toBe(strict);
    await acceptedToBe('httproute', 'strict', 'True');
  });
});

describe('with the standard channel', () => {
  it('serves what it has', async () => {
    await installCrds(kubeconfig, 'standard');
    installation = await installSallyport(kubeconfig, { values: ['ingress.create=false', 'replicas=1'] });
    const installed = await kubectl(kubeconfig, ['get', 'crd', '--output=name']);
    const has = (plural: string) => installed.includes(`/${definition(plural)}`);
    const expected = [
      ['BackendTLSPolicy', 'backendtlspolicies'],
      ['GRPCRoute', 'grpcroutes'],
      ['HTTPRoute', 'httproutes'],
      ['ListenerSet', 'listenersets'],
      ['ReferenceGrant', 'referencegrants'],
      ['TCPRoute', 'tcproutes'],
      ['TLSRoute', 'tlsroutes'],
      ['UDPRoute', 'udproutes'],
    ] as const;
    await featureKindsToBe(...expected.filter(([, plural]) => has(plural)).map(([kind]) => kind));
    await serve();
    expect(await addressOf(shop ?? '', 'public')).not.toBe('');
  });
});
