import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from 'vitest';
import { applyObject, applyStatus, deleteObject, replaceStatus, type Target } from '../../src/kube/apply.ts';
import { connect } from '../../src/cli/cluster/live.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Feature } from '../../src/kube/discovery.ts';
import { createElection } from '../../src/kube/lease.ts';
import { type Resource, resourcePath, usualResource } from '../../src/kube/resource.ts';
import { createKubeSource, type KubeSource, type KubeSourceOptions } from '../../src/kube/source.ts';
import { isBuiltIn, type Kind, kindTable } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot, getObject, type Snapshot } from '../../src/snapshot/snapshot.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { installCrds } from './cluster.ts';
import { removeNamespaces, uniqueName } from './namespace.ts';

const namespace = uniqueName('kube');
const quiet = pino({ enabled: false });
const controllerName = 'sallyport.dev/test';

let client: KubeClient;
const sources: KubeSource[] = [];

beforeAll(async () => {
  const file = inject('kubeconfig');
  await installCrds(file, 'experimental');
  client = await connect({ kubeconfig: file });
  await must(client.request('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } }));
});

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
});

afterAll(async () => {
  await removeNamespaces(namespace);
  client.close();
});

/** What a test reads of an object that the server answers with. */
interface Answered {
  readonly metadata: { readonly resourceVersion: string; readonly uid: string };
  readonly status: { readonly conditions: readonly { readonly type: string }[] };
}

async function must(answer: ReturnType<KubeClient['request']>): Promise<Answered> {
  const result = await answer;
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`);
  return result.value as Answered;
}

interface Reader {
  readonly source: KubeSource;
  readonly features: (readonly Feature[])[];
  readonly lists: Kind[];
  readonly snapshot: () => Snapshot;
}

async function read(wants: readonly Kind[], options: Partial<KubeSourceOptions> = {}): Promise<Reader> {
  const features: (readonly Feature[])[] = [];
  const lists: Kind[] = [];
  let snapshot = emptySnapshot;
  const synced = Promise.withResolvers<void>();
  const source = createKubeSource({
    client,
    validate: createValidator(),
    wants,
    onChange: (changes) => (snapshot = applyChanges(snapshot, changes)),
    onSynced: () => synced.resolve(),
    onFeatures: (now) => features.push(now),
    log: quiet,
    metrics: { events() {}, failure() {}, list: (kind) => lists.push(kind) },
    ...options,
  });
  sources.push(source);
  await synced.promise;
  return { source, features, lists, snapshot: () => snapshot };
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 10 });
const target = (kind: Kind, name: string): Target => ({ resource: usualResource(kind), namespace, name });
const route = (host: string) => ({ spec: { parentRefs: [{ name: 'edge' }], hostnames: [host] } });

/** The same server, as one without streaming lists would answer. */
const withoutStreamingLists = (): KubeClient => ({
  ...client,
  request: (...call) => client.request(...call),
  close() {},
  async *stream(path, options) {
    if (options?.query?.['sendInitialEvents'] === true)
      yield { kind: 'Failed', failure: { kind: 'Invalid', message: 'not served' } };
    else yield* client.stream(path, options);
  },
});

it('reads every kind that the cluster has, each with one list, and finds nothing wrong with what is built in', async () => {
  // A kind that was installed a moment ago may be named before it is served.
  await vi.waitFor(
    async () => {
      const { source, features, lists } = await read(Object.keys(kindTable) as Kind[]);
      const served = features.at(-1)?.filter(({ kind }) => kind === 'Served') ?? [];
      expect(served.length).toBeGreaterThan(8);
      expect(lists.sort()).toEqual(served.map(({ of }) => of).sort());
      const builtIn = source.diagnostics().filter(({ object }) => object === undefined || isBuiltIn(object.kind));
      expect(builtIn).toEqual([]);
    },
    { timeout: 30_000, interval: 500 },
  );
});

it('sees a change, keeps an object over a change of its status, and sees it go', async () => {
  const { source, snapshot } = await read(['HTTPRoute'], { namespaces: [namespace] });
  const found = () => getObject(snapshot(), 'HTTPRoute', namespace, 'seen');
  const made = await must(applyObject(client, target('HTTPRoute', 'seen'), route('a.example')));
  await eventually(() => expect(found()?.spec?.hostnames).toEqual(['a.example']));
  const before = found();
  const ref = { kind: 'HTTPRoute', namespace, name: 'seen' } as const;
  const condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
  const conditions = [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 }];
  const status = { parents: [{ parentRef: { name: 'edge' }, controllerName, conditions }] };
  await must(replaceStatus(client, target('HTTPRoute', 'seen'), made.metadata.resourceVersion, status));
  await eventually(() => expect(source.latest(ref)?.status).toMatchObject({ parents: [{ controllerName }] }));
  expect(found()).toBe(before);
  expect(source.latest(ref)).toMatchObject({ uid: made.metadata.uid, generation: 1 });
  const again = replaceStatus(client, target('HTTPRoute', 'seen'), made.metadata.resourceVersion, status);
  expect(await again).toMatchObject({ error: { kind: 'Conflict' } });
  expect(await deleteObject(client, target('HTTPRoute', 'seen'), 'other')).toMatchObject({
    error: { kind: 'Conflict' },
  });
  await must(deleteObject(client, target('HTTPRoute', 'seen'), made.metadata.uid));
  await eventually(() => expect(found()).toBeUndefined());
});

it('applies conditions of a Gateway beside those of another writer', async () => {
  const gateway = target('Gateway', 'edge');
  const spec = { gatewayClassName: 'none', listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }] };
  await must(applyObject(client, gateway, { spec }));
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: 'Mine',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  await must(
    client.request('PATCH', resourcePath(gateway.resource, namespace, 'edge', 'status'), {
      query: { fieldManager: 'other', force: true },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'edge', namespace },
        status: { conditions: [condition('Other')] },
      },
    }),
  );
  const written = await must(applyStatus(client, gateway, { conditions: [condition('Programmed')] }));
  const types = written.status.conditions.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['Other', 'Programmed']));
});

it('reads by pages where lists are not streamed', async () => {
  const names = Array.from({ length: 260 }, (_, i) => `page-${i}`);
  await Promise.all(names.map((name) => must(applyObject(client, target('ConfigMap', name), { data: { name } }))));
  const { snapshot } = await read(['ConfigMap'], { namespaces: [namespace], client: withoutStreamingLists() });
  for (const name of names) expect(getObject(snapshot(), 'ConfigMap', namespace, name)?.data).toEqual({ name });
  await must(applyObject(client, target('ConfigMap', 'page-0'), { data: { name: 'changed' } }));
  await eventually(() =>
    expect(getObject(snapshot(), 'ConfigMap', namespace, 'page-0')?.data).toEqual({ name: 'changed' }),
  );
});

it('asks the server for no Secret that nobody reads', async () => {
  const secret = (name: string, type: string) =>
    must(applyObject(client, target('Secret', name), { type, data: { release: 'AAAA' } }));
  await secret('release', 'helm.sh/release.v1');
  await secret('read', 'Opaque');
  const { snapshot } = await read(['Secret', 'Pod'], { namespaces: [namespace] });
  expect([...snapshot().collections.Secret.keys()]).toEqual([`Secret/${namespace}/read`]);
});

it('takes up a kind whose definition is installed, and drops it with the definition', async () => {
  const definitions: Resource = {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    name: 'customresourcedefinitions',
    namespaced: false,
  };
  const name = 'serviceimports.multicluster.x-k8s.io';
  const path = resourcePath(definitions, '', name);
  if ((await client.request('GET', path)).ok) throw new Error('ServiceImport is installed: the test would remove it');
  const { features, snapshot } = await read(['HTTPRoute', 'ServiceImport']);
  expect(features.at(-1)).toContainEqual({ kind: 'NotInstalled', of: 'ServiceImport' });
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = { name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: schema } };
  const spec = {
    group: 'multicluster.x-k8s.io',
    names: { kind: 'ServiceImport', plural: 'serviceimports' },
    scope: 'Namespaced',
    versions: [version],
  };
  try {
    await must(applyObject(client, { resource: definitions, namespace: '', name }, { spec }));
    const imported = target('ServiceImport', 'web');
    const ports = [{ port: 80, protocol: 'TCP' }];
    await vi.waitFor(() => must(applyObject(client, imported, { spec: { type: 'ClusterSetIP', ports } })), {
      timeout: 30_000,
      interval: 100,
    });
    await eventually(() => expect(snapshot().collections.ServiceImport.size).toBe(1));
  } finally {
    await client.request('DELETE', path);
  }
  await eventually(() => expect(snapshot().collections.ServiceImport.size).toBe(0));
  await eventually(() => expect(features.at(-1)).toContainEqual({ kind: 'NotInstalled', of: 'ServiceImport' }));
});

it('elects one of two, and the other as soon as the first gives up', async () => {
  const elect = (identity: string) =>
    createElection({ client, namespace, name: 'leader', identity, onChange() {}, log: quiet });
  const first = elect('first');
  await eventually(() => expect(first.leading()).toBe(true));
  const second = elect('second');
  try {
    await first.stop();
    await eventually(() => expect(second.leading()).toBe(true));
  } finally {
    await first.stop();
    await second.stop();
  }
});
