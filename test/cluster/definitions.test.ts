import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
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
