import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { usualResource } from '../../src/kube/resource.ts';
import { type Kind, kindTable } from '../../src/snapshot/object.ts';
import { hasStatus } from '../../src/status/merge.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly spec?: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly securityContext: object;
  readonly containers: readonly { readonly args: readonly string[]; readonly securityContext: object }[];
}

const objects = parseAllDocuments(read('deploy/sallyport.yaml')).map((document): Manifest => document.toJS());
const named = (kind: string) => objects.filter((object) => object.kind === kind);

/** What may be done, as `verb group/resource`, with the names of the objects where only these are meant. */
function rightsOf(kind: string): readonly string[] {
  const rules = named(kind).flatMap(({ rules: listed = [] }) => listed);
  return rules
    .flatMap(({ apiGroups, resources: plurals, verbs: allowed, resourceNames: names }) => {
      const only = names === undefined ? '' : ` ${names.join(' ')}`;
      const of = apiGroups.flatMap((group) => plurals.map((plural) => `${group}/${plural}${only}`));
      return verbs(allowed.join(' '), of);
    })
    .toSorted();
}

const verbs = (words: string, resources: readonly string[]) =>
  resources.flatMap((resource) => words.split(' ').map((verb) => `${verb} ${resource}`));

const kinds = Object.keys(kindTable).filter((kind): kind is Kind => kind in kindTable);
const resources = (of: readonly Kind[]) => of.map((kind) => `${usualResource(kind).group}/${usualResource(kind).name}`);

const earlierListenerSet = 'gateway.networking.x-k8s.io/xlistenersets';
const otherKinds = [earlierListenerSet, 'sallyport.dev/gatewaytemplates'];
const statusOf = (resource: string) => `${resource}/status`;

/** What the Envoys of a Gateway are made of. */
const infrastructure = [
  '/configmaps',
  '/secrets',
  '/serviceaccounts',
  '/services',
  'apps/deployments',
  'autoscaling/horizontalpodautoscalers',
  'policy/poddisruptionbudgets',
];

describe('the plain manifest', () => {
  it('lets the controller read what it serves, write statuses and run Envoys, and nothing else', () => {
    // A kind that is new here is written into deploy/helm/sallyport/templates/_rules.tpl; then npm run manifests.
    const expected = new Set([
      ...verbs('list watch', [...resources(kinds), ...otherKinds]),
      // Of Nodes nothing but their addresses is read, and those come with the watch.
      ...verbs('get', [...resources(kinds.filter((kind) => kind !== 'Node')), ...otherKinds]),
      ...verbs('patch update', [...resources(kinds.filter(hasStatus)), earlierListenerSet].map(statusOf)),
      ...verbs('get list create patch delete', infrastructure),
      ...verbs('list watch', ['apiextensions.k8s.io/customresourcedefinitions']),
      'update gateway.networking.k8s.io/gateways/finalizers',
    ]);
    expect(rightsOf('ClusterRole')).toEqual([...expected].toSorted());
    const leases = 'coordination.k8s.io/leases';
    expect(rightsOf('Role')).toEqual([`create ${leases}`, ...verbs('get update', [`${leases} sallyport-leader`])]);
  });

  it('gives no right twice and no right by a wildcard', () => {
    const rights = rightsOf('ClusterRole');
    expect(new Set(rights).size).toBe(rights.length);
    expect(rights.filter((right) => right.includes('*'))).toEqual([]);
  });

  it('binds only the account of the controller', () => {
    for (const kind of ['RoleBinding', 'ClusterRoleBinding']) {
      expect(named(kind).map((binding) => Reflect.get(binding, 'subjects'))).toEqual([
        [{ kind: 'ServiceAccount', name: 'sallyport', namespace: 'sallyport-system' }],
      ]);
    }
  });

  it('runs the controller with no rights on its node', () => {
    const pod = named('Deployment')[0]?.spec?.template.spec;
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod?.containers.map(({ securityContext }) => securityContext)).toEqual([
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ]);
    const text = JSON.stringify(pod);
    for (const word of ['hostPath', 'hostNetwork', 'hostPID', 'hostPort', 'privileged'])
      expect(text).not.toContain(word);
  });

  it('names what every object belongs to', () => {
    const clusterWide =
      /^(Namespace|ClusterRole|ClusterRoleBinding|GatewayClass|IngressClass|CustomResourceDefinition)$/;
    for (const { kind, metadata } of objects) {
      expect([kind, metadata.namespace]).toEqual([kind, clusterWide.test(kind) ? undefined : 'sallyport-system']);
    }
  });
});

describe('the chart', () => {
  it('has the version of the package', () => {
    const { version }: { version: string } = JSON.parse(read('package.json'));
    expect(parse(read('deploy/helm/sallyport/Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });

  it('describes each of its values, and takes no other', () => {
    const values: unknown = parse(read('deploy/helm/sallyport/values.yaml'));
    const schema: unknown = JSON.parse(read('deploy/helm/sallyport/values.schema.json'));
    expect(undescribed(values, schema)).toEqual([]);
  });
});

/** The paths of values that a schema does not know, and of objects that it leaves open although they have fields. */
function undescribed(value: unknown, schema: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const fields = Object.entries(value);
  const properties: unknown = Reflect.get(Object(schema), 'properties');
  if (properties === undefined) return path === '.resources' || fields.length === 0 ? [] : [path];
  const open = Reflect.get(Object(schema), 'additionalProperties') === false ? [] : [path];
  return fields.reduce<readonly string[]>((found, [name, inner]) => {
    const known: unknown = Reflect.get(Object(properties), name);
    const inside = known === undefined ? [`${path}.${name}`] : undescribed(inner, known, `${path}.${name}`);
    return [...found, ...inside];
  }, open);
}
