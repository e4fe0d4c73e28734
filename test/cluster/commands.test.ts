import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestCertificate } from '../fixture/certificate.ts';
import { root } from './cache.ts';
import { installCrds } from './cluster.ts';
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
  remove,
  removeNamespaces,
} from './namespace.ts';
import { type Finished, run, waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
let installation: Installation | undefined;
let shop: string;
let address: string;

function sallyport(...words: readonly string[]): Promise<Finished> {
  const at = words.indexOf('--kubeconfig') < 0 ? ['--kubeconfig', kubeconfig] : [];
  return run([process.execPath, join(root, 'bin/sallyport.mjs'), ...words, ...at]);
}

function file(...objects: readonly object[]): string {
  const path = join(folder, 'objects.yaml');
  writeFileSync(path, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  return path;
}

/** A route of one regular expression. */
function matching(name: string, regularExpression: string): object {
  const route = httpRoute(shop, name, 'public', `${name}.example.com`, 'cart');
  const matches = [{ path: { type: 'RegularExpression', value: regularExpression } }];
  return { ...route, spec: { ...route.spec, rules: route.spec.rules.map((rule) => ({ ...rule, matches })) } };
}

beforeAll(async () => {
  await installCrds(kubeconfig, 'experimental');
  installation = await installSallyport(kubeconfig, { values: ['ingress.create=false'] });
  shop = await createNamespace('shop');
  await apply(
    ...echo(shop, 'cart'),
    httpGateway(shop, 'public'),
    httpRoute(shop, 'cart', 'public', 'cart.example.com', 'cart'),
  );
  address = await addressOf(shop, 'public');
  await askUntil(address, 'cart.example.com', '/', 200);
}, 300_000);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await removeNamespaces(shop);
  await installation?.uninstall();
}, 300_000);

describe('sallyport status', () => {
  it('shows replicas, Gateways and Envoys', async () => {
    const { code, stdout } = await sallyport('status');
    expect(stdout).toMatch(/^sallyport-\S+ +(leads|follows) +[01] Envoys?$/m);
    expect(stdout).toMatch(
      new RegExp(`^${shop}/public +${address} +programmed +1 route +1 of 1 Envoys up to date$`, 'm'),
    );
    expect(code).toBe(0);
    const { replicas, problems } = JSON.parse((await sallyport('status', '-o', 'json')).stdout) as {
      readonly replicas: readonly { readonly leading: boolean; readonly proxies: readonly unknown[] }[];
      readonly problems: readonly unknown[];
    };
    expect(problems).toEqual([]);
    expect(replicas.filter(({ leading }) => leading)).toHaveLength(1);
    expect(replicas.flatMap(({ proxies }) => proxies)).toHaveLength(1);
  });

  it('says why an Envoy does not start', async () => {
    const parametersRef = { group: 'sallyport.dev', kind: 'GatewayTemplate', name: 'broken' };
    const broken = httpGateway(shop, 'broken');
    await apply(
      {
        apiVersion: 'sallyport.dev/v1alpha1',
        kind: 'GatewayTemplate',
        metadata: { namespace: shop, name: 'broken' },
        spec: { image: 'example.invalid/envoy:none', imagePullPolicy: 'Never' },
      },
      { ...broken, spec: { ...broken.spec, infrastructure: { parametersRef } } },
    );
    try {
      await waitFor('the reason', 60, async () => {
        const { code, stdout } = await sallyport('status');
        return (
          (code === 1 && /^error Pod \S+\/broken-sallyport-\S+: ErrImageNeverPull: .*envoy:none/m.test(stdout)) ||
          undefined
        );
      });
    } finally {
      await remove('gateway', shop, 'broken');
    }
  });

  it('shows where an object is live', async () => {
    const { code, stdout } = await sallyport('status', 'httproute/cart', '-n', shop);
    expect(stdout).toMatch(
      new RegExp(`^HTTPRoute ${shop}/cart is live on 1 of 1 Envoys\n +${shop}/public +public-\\S+ +live +since `),
    );
    expect(code).toBe(0);
  });

  it('says that there is no controller where there is none', async () => {
    const { code, stderr } = await sallyport('status', '--controller-namespace', shop);
    expect([code, stderr]).toEqual([
      2,
      `sallyport: no controller runs in namespace ${shop}; --controller-namespace names another one\n`,
    ]);
  });
});

describe('sallyport wait', () => {
  it('returns when every Envoy serves what was just applied', async () => {
    await apply(httpRoute(shop, 'fresh', 'public', 'fresh.example.com', 'cart'));
    expect((await sallyport('wait', 'httproute/fresh', '-n', shop)).code).toBe(0);
    expect((await ask(address, 'fresh.example.com', '/'))?.status).toBe(200);
  });

  it('does not wait for what does not exist', async () => {
    const began = Date.now();
    const { code, stdout } = await sallyport('wait', 'httproute/none', '-n', shop, '--timeout', '600');
    expect([code, stdout]).toEqual([
      1,
      `HTTPRoute ${shop}/none is not there, or not in a namespace that the controller reads\n`,
    ]);
    expect(Date.now() - began).toBeLessThan(60_000);
  });

  it('says what is wrong with a route whose backend is missing, and goes on when it comes', async () => {
    await apply(httpRoute(shop, 'early', 'public', 'early.example.com', 'late'));
    const { code, stdout } = await sallyport('wait', 'httproute/early', '-n', shop, '--timeout', '1');
    expect([code, stdout.split('\n').slice(0, 2)]).toEqual([
      1,
      [
        `HTTPRoute ${shop}/early is not served as it says`,
        `  error spec.rules[0].backendRefs[0]: Service ${shop}/late does not exist.`,
      ],
    ]);
    const waiting = sallyport('wait', 'httproute/early', '-n', shop, '--timeout', '60');
    await apply(...echo(shop, 'late'));
    expect((await waiting).code).toBe(0);
  });

  it('says what Envoy refuses', async () => {
    await apply(matching('large', String.raw`/\pL{1000}\pL{1000}\pL{1000}\pL{1000}\pL{1000}`));
    const { code, stdout } = await sallyport('wait', 'httproute/large', '-n', shop, '--timeout', '10');
    expect(code).toBe(1);
    expect(stdout).toContain(`error Envoy refuses it, so Gateway ${shop}/public leaves it out until it changes`);
    await remove('httproute', shop, 'large', 'early');
  });
});

describe('sallyport explain --cluster', () => {
  it('agrees with what is answered', async () => {
    for (const [url, expected] of [
      ['http://cart.example.com/a', 200],
      ['http://nowhere.example.com/a', 404],
    ] as const) {
      const { hostname, pathname } = new URL(url);
      const { code, stdout } = await sallyport('explain', '--cluster', 'GET', url, '--gateway', `${shop}/public`);
      expect(code).toBe(0);
      const answer = await ask(address, hostname, pathname);
      expect(answer?.status).toBe(expected);
      if (expected === 404) expect(stdout).toMatch(/404/);
      else {
        expect(stdout).toMatch(new RegExp(`route +${shop}/cart `));
        expect(stdout).toMatch(/it sees +GET \/a, host cart\.example\.com/);
        expect(answer?.body).toMatch(/"path": ?"\/a"/);
      }
    }
  });
});

describe('sallyport check --cluster', () => {
  it('finds nothing wrong with what fits', async () => {
    const { code, stdout } = await sallyport(
      'check',
      '--cluster',
      file(httpRoute(shop, 'new', 'public', 'new.example.com', 'cart')),
    );
    expect([code, stdout]).toEqual([0, `HTTPRoute ${shop}/new  ok\n\n1 objects, 0 errors, 0 warnings\n`]);
  });

  it('misses no Secret that is in the cluster', async () => {
    const { chain, key } = createTestCertificate(['cart.example.com']);
    const stringData = { 'tls.crt': chain, 'tls.key': key };
    const metadata = { namespace: shop, name: 'cart' };
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData });
    const gateway = httpGateway(shop, 'public') as { readonly spec: { readonly listeners: readonly object[] } };
    const https = (name: string) => ({
      ...gateway,
      spec: {
        ...gateway.spec,
        listeners: [{ name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name }] } }],
      },
    });
    // A Secret is read a moment after it is applied; the command reads for itself.
    await waitFor('a check without findings', 30, async () => {
      const { stdout } = await sallyport('check', '--cluster', file(https('cart')));
      return stdout.includes('InvalidCertificateRef') ? undefined : true;
    });
    const { code, stdout } = await sallyport('check', '--cluster', file(https('none')));
    expect([code, stdout.includes('InvalidCertificateRef')]).toEqual([1, true]);
  });

  it('tells what gets no request, as an older route has the same match', async () => {
    const { code, stdout } = await sallyport(
      'check',
      '--cluster',
      file(httpRoute(shop, 'a', 'public', 'cart.example.com', 'cart')),
    );
    expect(code).toBe(1);
    expect(stdout).toContain(`gets no request for cart.example.com on Gateway ${shop}/public: HTTPRoute ${shop}/cart`);
  });
});
