import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandClock, type HandClock } from '../../../test/fixture/hand-clock.ts';
import { createMemoryCluster, type MemoryCluster } from '../../../test/fixture/memory-cluster.ts';
import { renderOptions, wantedGateway } from '../../../test/fixture/wanted-gateway.ts';
import { secretText } from '../authority/authority-secret.ts';
import { defaultLifetimes } from '../authority/plan.ts';
import { createInfrastructure, type Infrastructure } from './infrastructure.ts';
import type { WantedGateway } from './wanted.ts';

const hour = 3_600_000;
const name = 'public-sallyport';

let client: MemoryCluster;
let clock: HandClock;
let infrastructure: Infrastructure;
let changes: number;

beforeEach(() => {
  client = createMemoryCluster();
  clock = createHandClock(Date.parse('2026-01-01T00:00:00Z'));
  changes = 0;
  infrastructure = createInfrastructure({
    client,
    namespace: 'sallyport-system',
    lifetimes: defaultLifetimes,
    render: renderOptions,
    clock,
    changed: () => (changes += 1),
  });
});

afterEach(() => infrastructure.stop());

const foreignClasses = new Set(['theirs']);

/** Returns the writes that it took. */
async function apply(gateways: readonly WantedGateway[], kept: readonly string[] = []): Promise<readonly string[]> {
  infrastructure.apply({ gateways, kept: new Set(kept), foreignClasses });
  await infrastructure.idle();
  return client.writes();
}

async function advance(ms: number): Promise<readonly string[]> {
  clock.advance(ms);
  await infrastructure.idle();
  return client.writes();
}

const problemOf = (gateway: string) => infrastructure.problems().get(gateway as never);

describe('createInfrastructure', () => {
  it('makes what is missing, once', async () => {
    expect(await apply([wantedGateway()])).toEqual([
      'apply Secret/sallyport-authority',
      ...['ServiceAccount', 'ConfigMap', 'Secret', 'Service', 'Deployment', 'PodDisruptionBudget'].map(
        (kind) => `apply ${kind}/${name}`,
      ),
    ]);
    expect(await apply([wantedGateway()])).toEqual([]);
    expect(infrastructure.problems().size).toBe(0);
  });

  it('lets the Envoys be that another installation runs for a class of its own', async () => {
    await apply([wantedGateway(), wantedGateway({ className: 'theirs' })]);
    expect(await apply([])).toHaveLength(6);
    expect(client.all().map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'Service']));
    expect(client.find('Deployment', name)).toBeUndefined();
  });

  it('applies what differs only', async () => {
    await apply([wantedGateway()]);
    expect(await apply([wantedGateway({ ports: [{ port: 81, protocol: 'TCP' }] })])).toEqual([`apply Service/${name}`]);
    expect(await apply([wantedGateway({ template: { replicas: 3 } })])).toEqual([
      `apply Service/${name}`,
      `apply Deployment/${name}`,
    ]);
  });

  it('takes away fields that are no longer wanted', async () => {
    await apply([wantedGateway({ template: { nodeSelector: { disk: 'ssd' } } })]);
    expect(await apply([wantedGateway()])).toEqual([`apply Deployment/${name}`]);
  });

  it('puts right what others have changed or deleted, and leaves what they have added', async () => {
    await apply([wantedGateway()]);
    const service = client.find('Service', name);
    if (service === undefined) throw new Error('no Service');
    client.put({ ...service, status: { loadBalancer: {} } });
    infrastructure.refresh();
    await infrastructure.idle();
    expect(client.writes()).toEqual([]);
    client.put({ ...service, spec: { ...(service['spec'] as object), type: 'NodePort' } });
    const account = client.find('ServiceAccount', name);
    await client.delete(
      { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'shop', name },
      account?.metadata.uid ?? '',
    );
    client.writes();
    // Nobody tells of it.
    expect(await advance(hour)).toEqual([`apply ServiceAccount/${name}`, `apply Service/${name}`]);
  });

  it('takes quantities for the same however they are written', async () => {
    const wanted = wantedGateway({ template: { resources: { limits: { cpu: 1.5, memory: '1024Mi' } } } });
    await apply([wanted]);
    const deployment = client.find('Deployment', name);
    client.put(JSON.parse(JSON.stringify(deployment).replace('1.5', '"1500m"').replace('1024Mi', '1Gi')));
    expect(await apply([wanted])).toEqual([]);
  });

  it('deletes what an address, an autoscaler or a Gateway has left', async () => {
    const addresses = ['192.0.2.1', '192.0.2.2'];
    await apply([wantedGateway({ addresses, template: { autoscaling: { maxReplicas: 2 } } })]);
    const second = client.all().find(({ spec }) => JSON.stringify(spec)?.includes('192.0.2.2'));
    expect(await apply([wantedGateway({ addresses: ['192.0.2.1'] })])).toEqual([
      `apply Deployment/${name}`,
      `delete Service/${second?.metadata.name}`,
      `delete HorizontalPodAutoscaler/${name}`,
    ]);
    await apply([]);
    expect(client.all().map(({ metadata }) => metadata.name)).toEqual(['sallyport-authority']);
  });

  it('leaves the proxies of a Gateway with a mistake as they are, and their certificate alive', async () => {
    await apply([wantedGateway()]);
    expect(await apply([], ['uid-1'])).toEqual([]);
    expect(await advance(13 * hour)).toEqual([`apply Secret/${name}`]);
  });

  it('does not take over what belongs to others', async () => {
    const foreign = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: { type: 'ClusterIP' },
    };
    client.put(foreign);
    const other = wantedGateway({ gateway: { namespace: 'shop', name: 'other', uid: 'uid-2' } });
    await apply([wantedGateway(), other]);
    expect(client.find('Service', name)).toMatchObject(foreign);
    expect(client.find('Deployment', name)).toBeUndefined();
    expect(client.find('Deployment', 'other-sallyport')).toBeDefined();
    expect([...infrastructure.problems()]).toEqual([
      [
        'shop/public',
        {
          reason: 'Conflict',
          message: `Service shop/${name} is there already and was not made for this Gateway: rename one of them.`,
        },
      ],
    ]);
    expect(changes).toBe(1);
    const service = client.find('Service', name);
    await client.delete({ ...foreign, name, namespace: 'shop' }, service?.metadata.uid ?? '');
    await advance(10_000);
    expect(client.find('Deployment', name)).toBeDefined();
    expect(infrastructure.problems().size).toBe(0);
    expect(changes).toBe(2);
  });

  it('replaces what a Gateway of the same name has left', async () => {
    await apply([wantedGateway()]);
    const again = wantedGateway({ gateway: { namespace: 'shop', name: 'public', uid: 'uid-9' } });
    await apply([again]);
    await advance(10_000);
    expect(client.find('Deployment', name)?.metadata.ownerReferences).toMatchObject([{ uid: 'uid-9' }]);
    expect(infrastructure.problems().size).toBe(0);
  });

  it('hands the number of pods over to an autoscaler', async () => {
    await apply([wantedGateway({ template: { replicas: 3 } })]);
    const writes = await apply([wantedGateway({ template: { autoscaling: { maxReplicas: 5 } } })]);
    expect(writes).toEqual([
      `apply as scale Deployment/${name}`,
      `apply Deployment/${name}`,
      `apply HorizontalPodAutoscaler/${name}`,
    ]);
    const deployment = client.find('Deployment', name);
    if (deployment === undefined) throw new Error('no Deployment');
    expect(deployment['spec']).not.toHaveProperty('replicas');
    client.put({ ...deployment, spec: { ...(deployment['spec'] as object), replicas: 4 } });
    expect(await apply([wantedGateway({ template: { autoscaling: { maxReplicas: 5 } } })])).toEqual([]);
  });

  it('tells what the API server refuses, leaves other Gateways alone, and tries again', async () => {
    client.failOn('PodDisruptionBudget');
    await apply([wantedGateway()]);
    expect(problemOf('shop/public')).toEqual({
      reason: 'Failed',
      message: "The cluster can't be brought up to date: PodDisruptionBudget is forbidden",
    });
    client.failOn();
    expect(await advance(1_000)).toEqual([`apply PodDisruptionBudget/${name}`]);
    expect(infrastructure.problems().size).toBe(0);
  });

  it('tells of what can not be deleted at its Gateway only', async () => {
    const other = wantedGateway({ gateway: { namespace: 'shop', name: 'other', uid: 'uid-2' } });
    await apply([wantedGateway({ template: { autoscaling: { maxReplicas: 2 } } }), other]);
    client.failOn('HorizontalPodAutoscaler');
    await apply([wantedGateway(), other]);
    expect([...infrastructure.problems().keys()]).toEqual(['shop/public']);
    client.failOn();
    expect(await advance(1_000)).toEqual([`delete HorizontalPodAutoscaler/${name}`]);
    expect(infrastructure.problems().size).toBe(0);
  });

  it('begins nothing more when it is stopped', async () => {
    infrastructure.apply({ gateways: [wantedGateway()], kept: new Set(), foreignClasses });
    await infrastructure.stop();
    expect(client.find('Deployment', name)).toBeUndefined();
    clock.advance(hour);
    infrastructure.refresh();
    await infrastructure.idle();
    expect(client.find('Deployment', name)).toBeUndefined();
  });

  it('renews certificates at half of their life, in place, and makes no new pods for it', async () => {
    await apply([wantedGateway()]);
    const certificate = () => {
      const secret = client.find('Secret', name);
      return new X509Certificate((secret && secretText(secret, 'tls.crt')) ?? '');
    };
    const before = certificate();
    expect(before.subjectAltName).toBe('URI:sallyport://gateways/shop/public/uid-1');
    for (let waited = 0; waited < 11; waited += 1) expect(await advance(hour)).toEqual([]);
    expect(await advance(hour)).toEqual([`apply Secret/${name}`]);
    expect(certificate().validToDate.getTime()).toBeGreaterThan(before.validToDate.getTime());
  });
});
