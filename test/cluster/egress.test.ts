import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { installCrds } from './cluster.ts';
import { type Installation, installSallyport } from './install.ts';
import {
  type Answer,
  addressOf,
  apply,
  ask,
  createNamespace,
  echo,
  nodePod,
  read,
  remove,
  removeNamespaces,
} from './namespace.ts';
import { waitFor } from './run.ts';

const kubeconfig = inject('kubeconfig');
let installation: Installation | undefined;
/** Of the Gateway, of the callers, and of what stands for the outside. */
let edge: string;
let shop: string;
let outside: string;
let proxy: string;

/** Calls what it is asked to call, by the proxy that it is asked to take. */
const caller = `require('node:http').createServer((asked, answer) => {
  const { proxy, target } = Object.fromEntries(new URL(asked.url, 'http://self').searchParams);
  const headers = { host: new URL(target).host };
  const call = require('node:http').request({ host: proxy, port: 3128, path: target, headers, timeout: 5000 }, (got) => {
    answer.statusCode = got.statusCode;
    got.pipe(answer);
  });
  call.on('timeout', () => call.destroy());
  call.on('error', () => { answer.statusCode = 599; answer.end(); });
  call.end();
}).listen(8080);`;

function egress(name: string, rules: readonly object[]): object {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Egress',
    metadata: { namespace: shop, name },
    spec: { from: { podSelector: { matchLabels: { app: 'checkout' } } }, rules },
  };
}

function hostOf(service: string): string {
  return `${service}.${outside}.svc.cluster.local`;
}

function rule(service: string, cidrs: readonly string[] = []): object {
  const to = { hosts: [hostOf(service)], ports: [{ port: 80, protocol: 'HTTP' }] };
  return { name: service, to: [cidrs.length === 0 ? to : { ...to, cidrs }] };
}

async function podAddress(name: string): Promise<string> {
  return waitFor(`the address of Pod ${name}`, 60, async () => (await read('pod', shop, name)).status?.podIP);
}

/** What a Pod gets for a call through the proxy; undefined while the Pod does not answer. */
function call(from: string, service: string): Promise<Answer | undefined> {
  const query = new URLSearchParams({ proxy, target: `http://${hostOf(service)}/` });
  return ask(from, 'caller', `/?${query.toString()}`, 8080);
}

function callUntil(from: string, service: string, status: number, seconds = 60): Promise<Answer> {
  return waitFor(`${status} for a call of ${service}`, seconds, async () => {
    const answer = await call(from, service);
    return answer?.status === status ? answer : undefined;
  });
}

/** A name that DNS resolves to an address outside of the cluster's own: that of a load balancer. */
async function nameOutside(address: string): Promise<void> {
  const ports = [{ name: 'http', port: 80 }];
  await apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: outside, name: 'api' },
      spec: { clusterIP: 'None', ports },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: outside, name: 'api-1', labels: { 'kubernetes.io/service-name': 'api' } },
      addressType: 'IPv4',
      ports,
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
  );
}

beforeAll(async () => {
  await installCrds(kubeconfig, 'experimental');
  installation = await installSallyport(kubeconfig, { values: ['ingress.create=false'] });
  [edge, shop, outside] = [
    await createNamespace('edge'),
    await createNamespace('shop'),
    await createNamespace('outside'),
  ];
  await apply(
    ...echo(outside, 'server', { type: 'LoadBalancer' }),
    nodePod(shop, 'checkout', { app: 'checkout' }, caller),
    nodePod(shop, 'other', { app: 'other' }, caller),
    {
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'GatewayTemplate',
      metadata: { namespace: edge, name: 'inside' },
      spec: { service: { type: 'ClusterIP' } },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace: edge, name: 'outbound' },
      spec: {
        gatewayClassName: 'sallyport-egress',
        infrastructure: { parametersRef: { group: 'sallyport.dev', kind: 'GatewayTemplate', name: 'inside' } },
        listeners: [{ name: 'proxy', port: 3128, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
  );
  const balancer = await waitFor('the address of a load balancer', 60, async () => {
    const { status } = await read('service', outside, 'server');
    return status?.loadBalancer?.ingress?.[0]?.ip;
  });
  await nameOutside(balancer);
  await apply(egress('checkout', [rule('api'), rule('server')]));
  proxy = await addressOf(edge, 'outbound');
}, 300_000);

afterAll(async () => {
  await removeNamespaces(edge, shop, outside);
  await installation?.uninstall();
}, 300_000);

it('has a Service inside of the cluster only, and is reached there', async () => {
  expect((await read('service', edge, 'outbound-sallyport-egress')).spec?.clusterIP).toBe(proxy);
});

it('lets Pods call by their labels, and denies the others', async () => {
  await callUntil(await podAddress('checkout'), 'api', 200);
  const denied = await callUntil(await podAddress('other'), 'api', 403);
  expect(JSON.parse(denied.body)).toMatchObject({ error: 'egress denied', host: hostOf('api') });
});

it('lets a new Pod call within a second of its start', async () => {
  await apply(nodePod(shop, 'checkout-2', { app: 'checkout' }, caller));
  const address = await podAddress('checkout-2');
  await waitFor('an answer of the new Pod', 60, () => call(address, 'api'));
  await callUntil(address, 'api', 200, 1);
});

it('goes on for the others when a Pod goes', async () => {
  await remove('pod', shop, 'checkout-2');
  await callUntil(await podAddress('checkout'), 'api', 200);
});

it('calls no Service of the cluster unless a rule names its address', async () => {
  const from = await podAddress('checkout');
  await callUntil(from, 'server', 403);
  const { spec } = await read('service', outside, 'server');
  await apply(egress('checkout', [rule('api'), rule('server', [`${spec?.clusterIP ?? ''}/32`])]));
  await callUntil(from, 'server', 200);
});

it('says that the Egress is accepted, and that nothing enforces it', async () => {
  const { status, metadata } = await read('egress', shop, 'checkout');
  const told = new Map(status?.conditions?.map((condition) => [condition.type, condition]));
  expect(told.get('Accepted')).toMatchObject({ status: 'True', observedGeneration: metadata.generation });
  expect(told.get('Enforced')).toMatchObject({ status: 'False', reason: 'NotSupported' });
});

it('guards further ranges of the cluster that it is told', async () => {
  const { status } = await read('service', outside, 'server');
  const balancer = status?.loadBalancer?.ingress?.[0]?.ip ?? '';
  await installSallyport(kubeconfig, { values: ['ingress.create=false', `clusterCIDRs={${balancer}/32}`] });
  const from = await podAddress('checkout');
  await callUntil(from, 'api', 403);
  await apply(egress('checkout', [rule('api', [`${balancer}/32`])]));
  await callUntil(from, 'api', 200);
});
