import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { installCrds, kubectl } from './cluster.ts';
import { type Installation, installSallyport } from './install.ts';
import {
  addressOf,
  apply,
  ask,
  askUntil,
  type Condition,
  createNamespace,
  echo,
  httpGateway,
  httpRoute,
  read,
  remove,
  removeNamespaces,
} from './namespace.ts';
import { gatewayApiCrds } from './programs.ts';
import { waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
let installation: Installation | undefined;
let shop: string;
let address: string;

interface Definition {
  readonly spec: { readonly versions: readonly object[] };
}

/** Makes the API server take anything for a kind, as where a definition is older or somebody took its rules out. */
async function loosen(resource: string): Promise<void> {
  const file = join(await gatewayApiCrds('experimental'), `${resource}.yaml`);
  const definition = parse(readFileSync(file, 'utf8')) as Definition;
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const versions = definition.spec.versions.map((version) => ({ ...version, schema: { openAPIV3Schema: anything } }));
  await apply({ ...definition, spec: { ...definition.spec, versions } });
}

async function conditionsOf(route: string): Promise<readonly Condition[]> {
  return (await read('httproute', shop, route)).status?.parents?.[0]?.conditions ?? [];
}

function conditionOf(route: string, type: string, status: string): Promise<Condition> {
  return waitFor(`${type}=${status} of HTTPRoute ${route}`, 30, async () =>
    (await conditionsOf(route)).find((one) => one.type === type && one.status === status),
  );
}

beforeAll(async () => {
  await installCrds(kubeconfig, 'experimental');
  installation = await installSallyport(kubeconfig, { values: ['ingress.create=false', 'replicas=1'] });
  shop = await createNamespace('shop');
  await apply(
    ...echo(shop, 'cart'),
    httpGateway(shop, 'public'),
    httpRoute(shop, 'good', 'public', 'good.example.com', 'cart'),
  );
  address = await addressOf(shop, 'public');
  await askUntil(address, 'good.example.com', '/', 200);
}, 300_000);

afterAll(async () => {
  await removeNamespaces(shop);
  await installation?.uninstall();
}, 300_000);

describe('an object that the API server should not have taken', () => {
  const rules = [{ backendRefs: [{ name: 'cart', port: 80 }] }];
  const bad = {
    path: { rules: [{ ...rules[0], matches: [{ path: { type: 'Exact', value: 'no-slash' } }] }] },
    type: { rules: [{ ...rules[0], filters: [{ type: 'Frobnicate' }] }] },
    shape: { rules: 'everything' },
    name: { hostnames: ['not a host'], rules },
  };

  beforeAll(() => loosen('gateway.networking.k8s.io_httproutes'));
  afterAll(async () => {
    await kubectl(kubeconfig, ['--namespace', shop, 'delete', 'httproute', ...Object.keys(bad), '--ignore-not-found']);
    await installCrds(kubeconfig, 'experimental');
  });

  it.each([
    ['path', 'spec.rules[0].matches[0].path', 404],
    // Whose requests are meant can be read, and nobody else is to answer them.
    ['type', 'spec.rules[0].filters[0]', 500],
    ['shape', 'spec.rules', 404],
    ['name', 'spec.hostnames[0]', 404],
  ] as const)('is refused with the field that is wrong: %s', async (name, field, answer) => {
    const { hostnames, ...spec } = { hostnames: [`${name}.example.com`], ...bad[name] };
    const route = httpRoute(shop, name, 'public', '', 'cart');
    await apply({ ...route, spec: { parentRefs: route.spec.parentRefs, hostnames, ...spec } });
    const { message, observedGeneration } = await conditionOf(name, 'Accepted', 'False');
    expect(message).toContain(field);
    expect(observedGeneration).toBe(1);
    expect((await ask(address, `${name}.example.com`, '/'))?.status).toBe(answer);
    expect((await ask(address, 'good.example.com', '/'))?.status).toBe(200);
  });

  it('is served as it was before it became so, and its status says that', async () => {
    await apply(httpRoute(shop, 'turned', 'public', 'turned.example.com', 'cart'));
    await askUntil(address, 'turned.example.com', '/', 200);
    const route = httpRoute(shop, 'turned', 'public', 'turned.example.com', 'cart');
    await apply({ ...route, spec: { ...route.spec, ...bad.type } });
    const { message, observedGeneration } = await conditionOf('turned', 'Accepted', 'False');
    expect([message.includes('what it said before is served'), observedGeneration]).toEqual([true, 2]);
    expect((await ask(address, 'turned.example.com', '/'))?.status).toBe(200);
    await apply(route);
    expect((await conditionOf('turned', 'Accepted', 'True')).observedGeneration).toBe(3);
  });
});

describe('a policy that the API server should not have taken', () => {
  const policies = {
    tls: ['gateway.networking.k8s.io/v1', 'BackendTLSPolicy', { validation: { hostname: 'a.example', later: 1 } }],
    traffic: ['gateway.networking.x-k8s.io/v1alpha1', 'XBackendTrafficPolicy', { retryConstraint: { later: 1 } }],
  } as const;

  beforeAll(async () => {
    await loosen('gateway.networking.k8s.io_backendtlspolicies');
    await loosen('gateway.networking.x-k8s.io_xbackendtrafficpolicies');
  });
  afterAll(async () => {
    await remove('backendtlspolicy', shop, 'tls');
    await remove('xbackendtrafficpolicy', shop, 'traffic');
    await installCrds(kubeconfig, 'experimental');
  });

  // Without the policy the backend would be sent plain text.
  it.each([
    ['tls', 'spec.validation.later', 500],
    ['traffic', 'spec.retryConstraint.later', 200],
  ] as const)(
    'is refused with the field that is wrong, and never followed in part: %s',
    async (name, field, answer) => {
      const host = `${name}.example.com`;
      await apply(...echo(shop, name), httpRoute(shop, name, 'public', host, name));
      await askUntil(address, host, '/', 200);
      const [apiVersion, kind, spec] = policies[name];
      const targetRefs = [{ group: '', kind: 'Service', name }];
      await apply({ apiVersion, kind, metadata: { namespace: shop, name }, spec: { ...spec, targetRefs } });
      const condition = await waitFor(`a condition of ${kind} ${name}`, 30, async () => {
        const { status } = await read(kind, shop, name);
        return status?.ancestors?.[0]?.conditions.find(({ type }) => type === 'Accepted');
      });
      expect(condition).toMatchObject({ status: 'False', reason: 'Invalid', observedGeneration: 1 });
      expect(condition.message).toContain(field);
      await askUntil(address, host, '/', answer);
      expect((await ask(address, 'good.example.com', '/'))?.status).toBe(200);
      await remove(kind, shop, name);
      await askUntil(address, host, '/', 200);
    },
  );
});

it('refuses a certificate that can not be read, and serves the other listeners', async () => {
  const data = { 'tls.crt': 'bm90IGEgY2VydGlmaWNhdGU=', 'tls.key': 'bm90IGEga2V5' };
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: shop, name: 'broken' },
    type: 'Opaque',
    data,
  });
  const gateway = httpGateway(shop, 'public') as { readonly spec: { readonly listeners: readonly object[] } };
  const tls = { certificateRefs: [{ name: 'broken' }] };
  const listeners = [...gateway.spec.listeners, { name: 'https', port: 443, protocol: 'HTTPS', tls }];
  await apply({ ...gateway, spec: { ...gateway.spec, listeners } });
  const condition = await waitFor('the condition of the listener', 30, async () => {
    const { status } = await read('gateway', shop, 'public');
    const conditions = status?.listeners?.find(({ name }) => name === 'https')?.conditions;
    return conditions?.find(({ type, status: is }) => type === 'ResolvedRefs' && is === 'False');
  });
  expect(condition.reason).toBe('InvalidCertificateRef');
  expect((await ask(address, 'good.example.com', '/'))?.status).toBe(200);
  await apply(gateway);
});

describe('endpoints that lead where no tenant may send traffic', () => {
  async function nodeAddress(): Promise<string> {
    const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
    return (await kubectl(kubeconfig, ['get', 'nodes', '--output', path])).split(' ')[0] ?? '';
  }

  function slice(name: string, addressType: string, endpoint: string): readonly object[] {
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    const metadata = { namespace: shop, name };
    return [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
        addressType,
        ports,
        endpoints: [{ addresses: [endpoint], conditions: { ready: true } }],
      },
    ];
  }

  it.each([
    ['node', 'IPv4', nodeAddress],
    ['metadata', 'IPv4', () => '100.100.100.200'],
    ['fqdn', 'FQDN', () => 'metadata.example.com'],
  ])('are refused: %s', async (name, type, endpoint) => {
    const target = await endpoint();
    await apply(...slice(name, type, target), httpRoute(shop, name, 'public', `${name}.example.com`, name));
    const { reason, message } = await conditionOf(name, 'ResolvedRefs', 'False');
    expect([reason, message.includes(type === 'FQDN' ? type : target)]).toEqual(['RefusedEndpoints', true]);
    await askUntil(address, `${name}.example.com`, '/', 503);
    expect((await ask(address, 'good.example.com', '/'))?.status).toBe(200);
  });

  it.each(['127.0.0.1', '169.254.169.254'])('are refused by the API server already: %s', async (target) => {
    await expect(apply(...slice('local', 'IPv4', target))).rejects.toThrow(/may not be in the (loopback|link-local)/);
  });

  it('are not followed by name: ExternalName', async () => {
    const spec = { type: 'ExternalName', externalName: 'metadata.example.com', ports: [{ port: 80 }] };
    await apply({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: shop, name: 'alias' }, spec });
    await apply(httpRoute(shop, 'alias', 'public', 'alias.example.com', 'alias'));
    expect((await conditionOf('alias', 'ResolvedRefs', 'False')).reason).toBe('InvalidKind');
    await askUntil(address, 'alias.example.com', '/', 500);
    expect((await ask(address, 'good.example.com', '/'))?.status).toBe(200);
  });
});
