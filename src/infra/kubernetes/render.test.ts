import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderOptions, testCertificate, wantedGateway } from '../../../test/fixture/wanted-gateway.ts';
import type { KubernetesObject } from './object.ts';
import { renderGateway } from './render.ts';
import type { WantedGateway } from './wanted.ts';

const render = (change: Partial<WantedGateway> = {}) =>
  renderGateway(wantedGateway(change), testCertificate, renderOptions);

interface Deployed {
  readonly metadata: KubernetesObject['metadata'];
  readonly spec: { readonly replicas?: number; readonly template: Pick<KubernetesObject, 'metadata'> };
}

function find(objects: readonly KubernetesObject[], kind: string): KubernetesObject & Deployed {
  const found = objects.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  // The tests that look into it look into a Deployment.
  return found as KubernetesObject & Deployed;
}

/** As people read it: files that hold JSON are shown as what they hold. */
function show(object: KubernetesObject): string {
  const { data } = object;
  if (object.kind !== 'ConfigMap' || typeof data !== 'object' || data === null) return stringify(object);
  const files = Object.entries(data).map(([name, text]) => [name, JSON.parse(String(text)) as unknown]);
  return stringify({ ...object, data: Object.fromEntries(files) as unknown });
}

const nameOf = (gateway: string, className = 'sallyport') =>
  render({ gateway: { namespace: 'shop', name: gateway, uid: 'u' }, className })[0]?.metadata.name ?? '';

describe('renderGateway', () => {
  it('makes what one Gateway needs', async () => {
    await expect(render().map(show).join('---\n')).toMatchFileSnapshot('render.golden');
  });

  it('puts labels and annotations of the infrastructure on everything, and keeps its own', () => {
    const objects = render({
      labels: { team: 'web', 'app.kubernetes.io/managed-by': 'me' },
      annotations: { note: 'n' },
      template: { podLabels: { pod: 'p' }, podAnnotations: { scrape: 'yes' }, autoscaling: { maxReplicas: 3 } },
    });
    expect(objects.map(({ kind }) => kind)).toEqual([
      'ServiceAccount',
      'ConfigMap',
      'Secret',
      'Service',
      'Deployment',
      'PodDisruptionBudget',
      'HorizontalPodAutoscaler',
    ]);
    const pod = find(objects, 'Deployment').spec.template;
    for (const { metadata } of [...objects, pod]) {
      expect(metadata.labels).toMatchObject({ team: 'web', 'app.kubernetes.io/managed-by': 'sallyport' });
      expect(metadata.annotations).toMatchObject({ note: 'n' });
    }
    expect(pod.metadata.labels).toMatchObject({ pod: 'p' });
    expect(pod.metadata.annotations).toMatchObject({ scrape: 'yes' });
  });

  it('makes no new pods for a new listener, another certificate or another address', () => {
    const before = find(render(), 'Deployment');
    const changed = renderGateway(
      wantedGateway({ ports: [{ port: 53, protocol: 'UDP' }], addresses: ['192.0.2.7'] }),
      { ...testCertificate, certificate: 'renewed' },
      renderOptions,
    );
    expect(find(changed, 'Deployment')).toEqual(before);
  });

  it('makes new pods for another bootstrap', () => {
    const hash = (change: Partial<WantedGateway>) =>
      find(render(change), 'Deployment').spec.template.metadata.annotations?.['sallyport.dev/bootstrap'];
    expect(hash({ template: { maxConnections: 7 } })).not.toBe(hash({}));
  });

  it('leaves the number of pods to an autoscaler', () => {
    const objects = render({ template: { autoscaling: { minReplicas: 2, maxReplicas: 5, targetCPUUtilization: 60 } } });
    expect(find(objects, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(find(objects, 'HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 2, maxReplicas: 5 });
    expect(find(render({ template: { replicas: 4 } }), 'Deployment').spec.replicas).toBe(4);
  });

  it('takes what the template says of the pods', () => {
    const tolerations = [{ key: 'a', operator: 'Exists' }];
    const topologySpreadConstraints = [{ maxSkew: 2 }];
    const placed = {
      nodeSelector: { disk: 'ssd' },
      tolerations,
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints,
    };
    const resources = { requests: { cpu: '2' }, limits: { cpu: '4' } };
    const template = { ...placed, resources, image: 'mine:1', imagePullPolicy: 'Always', concurrency: 7 } as const;
    const { spec } = find(render({ template: { ...template, drainSeconds: 60 } }), 'Deployment').spec.template as {
      readonly spec?: { readonly containers: readonly { readonly args: readonly string[] }[] };
    };
    const container = {
      image: 'mine:1',
      imagePullPolicy: 'Always',
      resources,
      lifecycle: { preStop: { sleep: { seconds: 65 } } },
    };
    expect(spec).toMatchObject({ ...placed, containers: [container], terminationGracePeriodSeconds: 70 });
    expect(spec?.containers[0]?.args.join(' ')).toMatch(/--concurrency 7 --drain-time-s 60 --drain-strategy immediate/);
  });

  it('bounds the heap by the memory that there is', () => {
    const text = JSON.stringify(render({ template: { resources: { limits: { memory: '256Mi' } } } }));
    expect(text).toContain(`max_heap_size_bytes\\":\\"${Math.floor(256 * 2 ** 20 * 0.8)}`);
  });
});

describe('Services', () => {
  const services = (change: Partial<WantedGateway>) => render(change).filter(({ kind }) => kind === 'Service');

  it('makes one for each address that is asked for', () => {
    const both = services({ addresses: ['192.0.2.1', '192.0.2.2'] });
    expect(both.map(({ spec }) => spec)).toMatchObject([
      { loadBalancerIP: '192.0.2.1' },
      { loadBalancerIP: '192.0.2.2' },
    ]);
    expect(new Set(both.map(({ metadata }) => metadata.name)).size).toBe(2);
    // In whatever order they are asked for.
    const turned = services({ addresses: ['192.0.2.2', '192.0.2.1'] });
    expect(turned.toReversed()).toEqual(both);
  });

  it('takes what the template says of it', () => {
    const service = {
      annotations: { lb: 'internal' },
      externalTrafficPolicy: 'Local',
      loadBalancerClass: 'x',
    } as const;
    const [balanced] = services({ template: { service } });
    expect(balanced?.spec).toMatchObject({ externalTrafficPolicy: 'Local', loadBalancerClass: 'x' });
    expect(balanced?.metadata.annotations).toEqual({ lb: 'internal' });
    const [inside] = services({ template: { service: { ...service, type: 'ClusterIP' } }, addresses: ['192.0.2.1'] });
    expect(inside?.spec).toEqual({
      type: 'ClusterIP',
      selector: expect.anything(),
      ports: expect.anything(),
    });
  });

  it('makes none without a port', () => {
    expect(services({ ports: [] })).toEqual([]);
  });

  it('tells ports of two protocols apart', () => {
    const [both] = services({
      ports: [
        { port: 53, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    });
    expect(both?.spec).toMatchObject({ ports: [{ name: 'tcp-53' }, { name: 'udp-53' }] });
  });
});

describe('names', () => {
  it('are those of the Gateway and its class', () => {
    expect(nameOf('public')).toBe('public-sallyport');
  });

  it.each(['g'.repeat(253), 'shop.example.com', '1st', `${'a'.repeat(60)}.b`, 'a-'.repeat(30) + 'a'])(
    'of %s fit all kinds',
    (gateway) => {
      for (const { metadata } of render({
        gateway: { namespace: 'shop', name: gateway, uid: 'u' },
        addresses: ['192.0.2.1'],
      })) {
        expect(metadata.name).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
        expect(metadata.name.length).toBeLessThanOrEqual(63);
        for (const value of Object.values(metadata.labels ?? {})) {
          expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
        }
      }
    },
  );

  it('of two Gateways differ, however they are cut', () => {
    const names = ['a.b', 'a-b', `${'x'.repeat(200)}1`, `${'x'.repeat(200)}2`, '1', 'g1'].map((name) => nameOf(name));
    expect(new Set(names).size).toBe(names.length);
  });
});
