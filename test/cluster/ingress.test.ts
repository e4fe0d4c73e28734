import { request as requestTls } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestCertificate } from '../fixture/certificate.ts';
import { installCrds, kubectl } from './cluster.ts';
import { type Installation, installSallyport } from './install.ts';
import {
  addressOf,
  apply,
  askUntil,
  createNamespace,
  echo,
  httpRoute,
  type LiveObject,
  read,
  remove,
  removeNamespaces,
} from './namespace.ts';
import { waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
const host = 'site.example.com';
const certificate = createTestCertificate([host]);
let installation: Installation | undefined;
let system: string;
let shop: string;
let address: string;

function ingress(path: string, service: string, ingressClassName = 'sallyport'): object {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace: shop, name: 'site' },
    spec: {
      ingressClassName,
      tls: [{ hosts: [host], secretName: 'site' }],
      rules: [{ host, http: { paths: [{ path, pathType: 'Prefix', backend }] } }],
    },
  };
}

/** The name of the Pod that answers. */
async function answeredBy(path: string): Promise<string> {
  const { body } = await askUntil(address, host, path, 200);
  const seen: { readonly pod: string } = JSON.parse(body);
  return seen.pod;
}

/** The certificate that is shown for the host; undefined while there is none. */
function shownCertificate(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host: address, servername: host, headers: { host }, agent: false, rejectUnauthorized: false };
    const sent = requestTls({ ...options, timeout: 3_000 }, (response) => {
      response.resume();
      const { raw } = (response.socket as TLSSocket).getPeerCertificate();
      resolve(response.statusCode === 200 ? raw.toString('base64') : undefined);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

/** Times of creation have whole seconds: only from the next one on is what is made younger, by the API server's clock. */
async function waitUntilYounger(kind: string, name: string): Promise<void> {
  const { creationTimestamp } = (await read(kind, shop, name)).metadata;
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: shop, name: 'clock' } };
  await waitFor(`a second after ${kind}/${name} was made`, 30, async () => {
    const made = await kubectl(kubeconfig, ['create', '--dry-run=server', '--output=json', '--filename', '-'], [probe]);
    const seen: LiveObject = JSON.parse(made);
    return seen.metadata.creationTimestamp > creationTimestamp || undefined;
  });
}

async function mirrored(): Promise<string | undefined> {
  return (await read('ingress', shop, 'site')).status?.loadBalancer?.ingress?.[0]?.ip;
}

beforeAll(async () => {
  await installCrds(kubeconfig, 'experimental');
  installation = await installSallyport(kubeconfig);
  system = installation.namespace;
  shop = await createNamespace('shop');
  const stringData = { 'tls.crt': certificate.chain, 'tls.key': certificate.key };
  const metadata = { namespace: shop, name: 'site' };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData });
  await apply(...echo(shop, 'old'), ...echo(shop, 'new'), ingress('/', 'old'));
  address = await addressOf(system, 'ingress');
}, 300_000);

afterAll(async () => {
  await removeNamespaces(shop);
  await installation?.uninstall();
}, 300_000);

it('serves it by the Gateway of the chart, with the certificate of its own namespace', async () => {
  expect(await answeredBy('/')).toBe('old');
  const shown = await waitFor('an answer over TLS', 30, shownCertificate);
  const der = certificate.chain.replaceAll(/-----[^-]+-----|\s/g, '');
  expect(shown).toBe(der);
});

it('mirrors the address of the Gateway', async () => {
  await waitFor('the address', 30, async () => (await mirrored()) === address || undefined);
});

it('shares one order of precedence with an HTTPRoute: the older wins, the more specific above all', async () => {
  const { spec, ...route } = httpRoute(shop, 'site', '', host, 'new');
  const parentRefs = [{ namespace: system, name: 'ingress' }];
  const matching = (value: string) => ({
    ...route,
    spec: { ...spec, parentRefs, rules: spec.rules.map((rule) => ({ ...rule, matches: [{ path: { value } }] })) },
  });
  await waitUntilYounger('ingress', 'site');
  await apply(matching('/'), { ...matching('/special'), metadata: { namespace: shop, name: 'special' } });
  await waitFor('the more specific route to win', 30, async () =>
    (await answeredBy('/special')) === 'new' ? true : undefined,
  );
  // Both were applied at once, so by now the other is served as well.
  expect(await answeredBy('/')).toBe('old');
  await remove('ingress', shop, 'site');
  await waitFor('the HTTPRoute to take over', 30, async () => ((await answeredBy('/')) === 'new' ? true : undefined));
  await apply(ingress('/', 'old'));
  await waitFor('the new Ingress to be judged', 30, async () => (await mirrored()) === address || undefined);
  expect(await answeredBy('/')).toBe('new');
});

it('takes the address back when the Ingress goes to another class, and is there again when it comes back', async () => {
  await apply(ingress('/', 'old', 'another'));
  await waitFor('no address', 30, async () => ((await mirrored()) === undefined ? true : undefined));
  await apply(ingress('/', 'old'));
  await waitFor('the address', 30, async () => (await mirrored()) === address || undefined);
});

it('takes the address back when the Gateway goes', async () => {
  await remove('gateway', system, 'ingress');
  await waitFor('no address', 30, async () => ((await mirrored()) === undefined ? true : undefined));
});
