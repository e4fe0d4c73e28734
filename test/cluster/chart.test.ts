import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { helm, packageChart, renderChart } from '../../scripts/deploy/chart.ts';
import { renderManifest } from '../../scripts/deploy/manifest.ts';
import { root } from './cache.ts';

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly { readonly resources: readonly string[] }[];
  readonly spec?: { readonly parametersRef?: unknown };
}

const objectsOf = (text: string): readonly Rendered[] =>
  parseAllDocuments(text)
    .map((document): Rendered | null => document.toJS())
    .filter((object) => object !== null);

const render = async (...options: readonly string[]) => objectsOf(await renderChart(options));
const named = (objects: readonly Rendered[], kind: string) => objects.filter((object) => object.kind === kind);

let folder = '';
let packaged = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-chart-'));
  packaged = await packageChart(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the chart', () => {
  it('is clean for helm lint, with its defaults and with every part of it in use', async () => {
    const all = [
      'watchNamespaces={shop,checkout}',
      'imagePullSecrets[0].name=pull',
      'clusterCIDRs={192.0.2.0/24}',
      'allowLocalEndpoints=true',
      'ingress.gateway.defaultCertificate=wildcard',
      'ingress.gateway.infrastructure.labels.team=edge',
      'nodeSelector.disk=ssd',
      'podAnnotations.note=yes',
      'priorityClassName=high',
      'gatewayClasses.template.name=large',
    ];
    expect(await helm(['lint', '--strict', packaged])).toContain('0 chart(s) failed');
    expect(await helm(['lint', '--strict', packaged, '--set', all.join(',')])).toContain('0 chart(s) failed');
  });

  it('is what deploy/sallyport.yaml says; else npm run manifests', async () => {
    expect(readFileSync(join(root, 'deploy/sallyport.yaml'), 'utf8')).toBe(await renderManifest());
  });

  it('refuses a value that it does not know', async () => {
    await expect(render('--set', 'watchNamespace=shop')).rejects.toThrow(/watchNamespace/);
  });

  it('gives rights in the named namespaces and its own alone', async () => {
    const objects = await render('--namespace', 'edge', '--set', 'watchNamespaces={shop,checkout}');
    const [clusterRole, ...others] = named(objects, 'ClusterRole');
    expect(others).toEqual([]);
    expect(clusterRole?.rules?.flatMap(({ resources }) => resources)).toEqual([
      'gatewayclasses',
      'gatewayclasses/status',
      'ingressclasses',
      'namespaces',
      'nodes',
      'customresourcedefinitions',
    ]);
    const roles = named(objects, 'Role').filter(({ metadata }) => !metadata.name.endsWith('-lease'));
    expect(new Set(roles.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['checkout', 'edge', 'shop']));
    expect(roles).toHaveLength(3);
    const everywhere = named(await render(), 'ClusterRole')[0]?.rules ?? [];
    for (const { rules = [] } of roles) expect([...(clusterRole?.rules ?? []), ...rules]).toEqual(everywhere);
    const text = await renderChart(['--namespace', 'edge', '--set', 'watchNamespaces={shop,checkout}']);
    expect(text.match(/--watch-namespace=\S+/g)).toEqual(
      ['checkout', 'edge', 'shop'].map((name) => `--watch-namespace=${name}`),
    );
  });

  it('lets the GatewayClasses name a template, beside the controller unless it lies elsewhere', async () => {
    const templates = async (...values: readonly string[]) => {
      const objects = await render('--namespace', 'edge', ...values.flatMap((value) => ['--set', value]));
      return named(objects, 'GatewayClass').map(({ spec }) => spec?.parametersRef);
    };
    const large = { group: 'sallyport.dev', kind: 'GatewayTemplate', name: 'large', namespace: 'edge' };
    const [name, elsewhere] = ['gatewayClasses.template.name=large', 'gatewayClasses.template.namespace=shared'];
    expect(await templates()).toEqual([undefined, undefined]);
    expect(await templates(name)).toEqual([large, large]);
    expect((await templates(name, elsewhere))[0]).toEqual({ ...large, namespace: 'shared' });
  });

  it('renders for a cluster without the Gateway API what such a cluster takes', async () => {
    const text = await helm(['template', 'sallyport', packaged, '--kube-version', '1.33.0']);
    const kinds = new Set(objectsOf(text).map(({ kind }) => kind));
    expect([...kinds].filter((kind) => kind.startsWith('Gateway'))).toEqual([]);
    expect(kinds).toContain('Deployment');
  });

  it('brings the definitions of the Gateway API where they are asked for, and only as a package', async () => {
    const definitions = async (chart: string, install: boolean) => {
      const options = ['--kube-version', '1.33.0', '--include-crds', '--set', `gatewayAPI.install=${install}`];
      const objects = objectsOf(await helm(['template', 'sallyport', chart, ...options]));
      return named(objects, 'CustomResourceDefinition').map(({ metadata }) => metadata.name);
    };
    expect((await definitions(packaged, false)).filter((name) => !name.endsWith('.sallyport.dev'))).toEqual([]);
    expect(await definitions(packaged, true)).toEqual(
      expect.arrayContaining(['gateways.gateway.networking.k8s.io', 'xbackends.gateway.networking.x-k8s.io']),
    );
    await expect(definitions(join(root, 'deploy/helm/sallyport'), true)).rejects.toThrow(/carries no definitions/);
  });
});
