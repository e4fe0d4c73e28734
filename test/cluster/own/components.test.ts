import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compactEtcd } from '../faults.ts';
import { down, kubectl, up } from '../cluster.ts';
import { componentProcess, signalComponent, startComponent, stopComponent } from '../components.ts';
import { instanceNumber, kubeconfigPath } from '../instance.ts';
import { systemImages } from '../images.ts';
import { waitFor } from '../run.ts';

const instance = instanceNumber(6);
const kubeconfig = kubeconfigPath(instance);
const answers = (path: string) =>
  kubectl(kubeconfig, ['get', '--raw', path, '--request-timeout=2s']).then(
    () => true,
    () => undefined,
  );

beforeAll(() => up(instance, systemImages));
afterAll(() => down(instance));

describe('the components of a cluster', () => {
  it('can be stopped and started one by one', async () => {
    await stopComponent(instance, 'kube-apiserver');
    expect(componentProcess(instance, 'kube-apiserver')).toBeUndefined();
    expect(await answers('/readyz')).toBeUndefined();
    expect(componentProcess(instance, 'etcd')).toBeDefined();
    await startComponent(instance, 'kube-apiserver');
    await waitFor('the API server', 30, () => answers('/readyz'));
  });

  it('can hang and go on', async () => {
    signalComponent(instance, 'etcd', 'SIGSTOP');
    try {
      expect(await answers('/api/v1/namespaces/default?resourceVersion=')).toBeUndefined();
    } finally {
      signalComponent(instance, 'etcd', 'SIGCONT');
    }
    await waitFor('the API server', 30, () => answers('/api/v1/namespaces/default'));
  });

  it('lose their history when etcd is compacted', async () => {
    const list = await kubectl(kubeconfig, ['get', 'configmaps', '--all-namespaces', '--output=json']);
    const { metadata } = JSON.parse(list) as { readonly metadata: { readonly resourceVersion: string } };
    expect(metadata.resourceVersion).toBeDefined();
    await kubectl(kubeconfig, ['create', 'configmap', 'later']);
    await compactEtcd(instance);
    await stopComponent(instance, 'kube-apiserver', 'SIGKILL');
    await startComponent(instance, 'kube-apiserver');
    await waitFor('the API server', 30, () => answers('/readyz'));
    const old = kubectl(kubeconfig, [
      'get',
      '--raw',
      '/api/v1/configmaps?watch=true&resourceVersion=2&timeoutSeconds=1',
    ]);
    await expect(old).resolves.toContain('"code":410');
  });
});

describe('the giver of addresses', () => {
  const service = (name: string, address: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'LoadBalancer', loadBalancerIP: address, ports: [{ port: 80 }] },
  });
  const addressOf = (name: string) =>
    kubectl(kubeconfig, ['get', 'service', name, '--output=jsonpath={.status.loadBalancer.ingress[0].ip}']);
  const refusals = (name: string) =>
    kubectl(kubeconfig, [
      'get',
      'events',
      `--field-selector=reason=AddressRefused,involvedObject.name=${name}`,
      '--output=jsonpath={.items[*].message}',
    ]);

  it('gives a requested address of its range once, and refuses one outside of it', async () => {
    const [wanted, outside] = [instance.loadBalancers.replace('.0/24', '.200'), '203.0.113.7'];
    await kubectl(kubeconfig, ['apply', '-f', '-'], [service('first', wanted), service('outside', outside)]);
    await waitFor('the address', 30, async () => ((await addressOf('first')) === wanted ? true : undefined));
    await kubectl(kubeconfig, ['apply', '-f', '-'], [service('second', wanted)]);
    const said = (name: string) => waitFor('a refusal', 30, async () => (await refusals(name)) || undefined);
    expect(await said('outside')).toBe(`${outside} is not in ${instance.loadBalancers}`);
    expect(await said('second')).toBe(`${wanted} belongs to another Service`);
    expect(await addressOf('outside')).toBe('');
    expect(await addressOf('second')).toBe('');
    await kubectl(kubeconfig, ['delete', 'service', 'first']);
    await waitFor('the freed address', 30, async () => ((await addressOf('second')) === wanted ? true : undefined));
  });
});
