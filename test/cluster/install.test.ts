import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { root } from './cache.ts';
import { installCrds, kubectl } from './cluster.ts';
import { controllerImage, envoyImage } from './images.ts';
import { installSallyport, type Installation } from './install.ts';
import { addressOf, read, removeNamespaces, uniqueName } from './namespace.ts';
import { kubectlProgram } from './programs.ts';
import { must, run, waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
/** Where the examples go, which say "shop". */
const shop = uniqueName('shop');
/** Where nothing is read once only `shop` is. */
const unwatched = uniqueName('other');
const account = 'system:serviceaccount:sallyport-system:sallyport';
const host = 'shop.example.com';

let installation: Installation | undefined;
let before: readonly string[] = [];

async function kubectlWith(input: string, ...words: readonly string[]): Promise<void> {
  await must([await kubectlProgram(), '--kubeconfig', kubeconfig, ...words, '--filename', '-'], { input });
}

/** An example of docs/kubernetes.md, in the namespace of this test and with an image that the cluster has. */
async function applyExample(name: string): Promise<void> {
  const text = readFileSync(join(root, 'examples/kubernetes', name), 'utf8')
    .replaceAll(/(namespace|name): shop$/gm, `$1: ${shop}`)
    .replace('node:24-slim', controllerImage);
  await kubectlWith(text, 'apply');
}

/** The plain manifest with images that the cluster has. */
function plainManifest(): string {
  return readFileSync(join(root, 'deploy/sallyport.yaml'), 'utf8')
    .replace(/image: sallyport\/controller:\S+/, `image: ${controllerImage}`)
    .replace(/--envoy-image=\S+/, `--envoy-image=${envoyImage}`);
}

/** The body of a 200, or what came in place of it. */
function attempt(address: string, path: string): Promise<{ readonly body: string } | { readonly failure: string }> {
  return new Promise((resolve) => {
    const fail = (failure: string) => resolve({ failure });
    const sent = request({ host: address, path, headers: { host }, agent: false, timeout: 2_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        response.statusCode === 200 ? resolve({ body }) : fail(`${response.statusCode} ${body}`),
      );
      response.on('error', (error) => fail(error.message));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => fail(error.message));
    sent.end();
  });
}

/** The body of a 200; undefined for anything else. */
async function ask(address: string, path: string): Promise<string | undefined> {
  const answer = await attempt(address, path);
  return 'body' in answer ? answer.body : undefined;
}

/** Asks without a pause until it is stopped; then says what failed. */
function keepAsking(address: string, path: string): { stop(): Promise<readonly string[]> } {
  const failures: string[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const answer = await attempt(address, path);
      if ('failure' in answer) failures.push(answer.failure);
    }
    return failures;
  })();
  return {
    stop() {
      stopped = true;
      return asking;
    },
  };
}

async function mayRead(resource: string, namespace: string): Promise<boolean> {
  const words = ['auth', 'can-i', 'list', resource, '--namespace', namespace, '--as', account];
  const { stdout } = await run([await kubectlProgram(), '--kubeconfig', kubeconfig, ...words]);
  return stdout.trim() === 'yes';
}

/** Everything without a namespace that an installation could leave, and what bears its label anywhere. */
async function traces(): Promise<readonly string[]> {
  const kinds = 'namespaces,clusterroles,clusterrolebindings,gatewayclasses,ingressclasses,gateways,ingresses';
  const all = await kubectl(kubeconfig, ['get', kinds, '--all-namespaces', '--output=name']);
  const inNamespaces =
    'deployments,services,serviceaccounts,configmaps,secrets,poddisruptionbudgets,roles,rolebindings,leases';
  const labels = ['app.kubernetes.io/name=sallyport', 'app.kubernetes.io/managed-by=sallyport'];
  const labelled = await Promise.all(
    labels.map((label) =>
      kubectl(kubeconfig, ['get', inNamespaces, '--all-namespaces', '--selector', label, '--output=name']),
    ),
  );
  return [all, ...labelled].flatMap((text) => text.split('\n')).filter((name) => name !== '');
}

beforeAll(async () => {
  await installCrds(kubeconfig, 'experimental');
  before = await traces();
  installation = await installSallyport(kubeconfig);
}, 240_000);

afterAll(async () => {
  await removeNamespaces(shop, unwatched);
  await installation?.uninstall();
}, 240_000);

describe('an installation by the chart', () => {
  it('gives a Gateway an address, true conditions and traffic', async () => {
    await applyExample('gateway.yaml');
    await applyExample('cart.yaml');
    const address = await addressOf(shop, 'public', 60);
    const { metadata, status } = await read('gateway', shop, 'public');
    const conditions = status?.conditions?.map(({ type, status: is, observedGeneration }) => [
      type,
      is,
      observedGeneration,
    ]);
    expect(conditions?.toSorted()).toEqual(
      ['Accepted', 'Programmed', 'ResolvedRefs'].map((type) => [type, 'True', metadata.generation]),
    );
    expect(await waitFor('an answer', 60, () => ask(address, '/cart/7'))).toBe('cart saw GET /cart/7\n');
  });

  it('serves an Ingress by the Gateway that comes with it', async () => {
    await applyExample('ingress.yaml');
    const address = await addressOf('sallyport-system', 'ingress', 60);
    expect(await waitFor('an answer', 60, () => ask(address, '/cart/8'))).toBe('cart saw GET /cart/8\n');
    const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
    const words = ['--namespace', shop, 'get', 'ingress', 'cart', '--output', path];
    const mirrored = () => kubectl(kubeconfig, words);
    await waitFor(
      'the address in the status of the Ingress',
      30,
      async () => (await mirrored()) === address || undefined,
    );
  });

  it('sees only the namespaces that it is told to, once they are named, and serves on there', async () => {
    expect(await mayRead('secrets', 'default')).toBe(true);
    const address = await addressOf(shop, 'public', 60);
    const calls = keepAsking(address, '/cart/7');
    try {
      await installSallyport(kubeconfig, { values: [`watchNamespaces={${shop}}`] });
    } finally {
      expect(await calls.stop()).toEqual([]);
    }
    expect(await mayRead('secrets', shop)).toBe(true);
    for (const resource of ['secrets', 'pods', 'gateways', 'deployments']) {
      expect([resource, await mayRead(resource, 'default')]).toEqual([resource, false]);
    }
    const secrets = ['--namespace', 'default', 'get', 'secrets', '--as', account];
    await expect(kubectl(kubeconfig, secrets)).rejects.toThrow('Forbidden');
    await kubectl(kubeconfig, ['create', 'namespace', unwatched]);
    const gateway = readFileSync(join(root, 'examples/kubernetes/gateway.yaml'), 'utf8');
    await kubectlWith(gateway.replaceAll(/(namespace|name): shop$/gm, `$1: ${unwatched}`), 'apply');
    // A change arrives, so the replicas that run now are those with the narrower rights.
    const patch = '[{"op": "replace", "path": "/spec/rules/0/matches/0/path/value", "value": "/basket"}]';
    await kubectl(kubeconfig, ['--namespace', shop, 'patch', 'httproute', 'cart', '--type=json', '--patch', patch]);
    expect(await waitFor('an answer', 60, () => ask(address, '/basket/9'))).toBe('cart saw GET /basket/9\n');
    const { status } = await read('gateway', unwatched, 'public');
    expect(status?.conditions?.filter((condition) => condition.status !== 'Unknown') ?? []).toEqual([]);
    expect(await kubectl(kubeconfig, ['--namespace', unwatched, 'get', 'deployments', '--output=name'])).toBe('');
    await removeNamespaces(unwatched);
  });

  it('leaves nothing behind, and takes no Gateway of its users along', async () => {
    const address = await addressOf(shop, 'public', 60);
    await installation?.uninstall();
    installation = undefined;
    expect(await ask(address, '/basket/9')).toBe('cart saw GET /basket/9\n');
    await removeNamespaces(shop);
    expect((await traces()).toSorted()).toEqual(before.toSorted());
  });
});

describe('the plain manifest', () => {
  it('installs the same, in a namespace that admits restricted Pods only, and goes as it came', async () => {
    try {
      await kubectlWith(plainManifest(), 'apply', '--server-side');
      await addressOf('sallyport-system', 'ingress', 60);
    } finally {
      await kubectlWith(plainManifest(), 'delete', '--ignore-not-found', '--wait');
    }
    expect((await traces()).toSorted()).toEqual(before.toSorted());
  });
});
