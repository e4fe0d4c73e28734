import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts';
import type { Feature } from '../../src/kube/discovery.ts';
import { createKubeSource, type KubeSource, type KubeSourceOptions } from '../../src/kube/source.ts';
import type { AnyObject, Kind } from '../../src/snapshot/object.ts';
import { applyChanges, type Change, emptySnapshot, getObject, type Snapshot } from '../../src/snapshot/snapshot.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { FakeApiServer, type FakeObject } from './fake-api-server.ts';

const routes = '/apis/gateway.networking.k8s.io/v1/httproutes';
const services = '/api/v1/services';
const secrets = '/api/v1/secrets';
const pods = '/api/v1/pods';
const grants = '/apis/gateway.networking.k8s.io/v1beta1/referencegrants';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function route(name: string, host: string, extra: object = {}): FakeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      name,
      namespace: 'default',
      managedFields: [{ manager: 'kubectl' }],
      ...extra,
    } as FakeObject['metadata'],
    spec: { parentRefs: [{ name: 'edge' }], hostnames: [host], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
  };
}

function service(name: string, namespace = 'default'): FakeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ports: [{ port: 80, fromTheFuture: true }], anotherNewField: 1 },
    status: { loadBalancer: { ingress: [{ ip: '198.18.0.1' }] } },
  };
}

interface Reader {
  readonly source: KubeSource;
  readonly batches: (readonly Change[])[];
  readonly features: (readonly Feature[])[];
  snapshot(): Snapshot;
  syncs(): number;
}

let server: FakeApiServer;
let client: KubeClient;
let opened: KubeSource[] = [];

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  client = createKubeClient({ endpoint: server.endpoint() });
  server.groups.set('gateway.networking.k8s.io/v1', [
    { name: 'httproutes', kind: 'HTTPRoute', namespaced: true },
    { name: 'httproutes/status', kind: 'HTTPRoute', namespaced: true },
  ]);
});

afterEach(async () => {
  for (const source of opened) source.close();
  opened = [];
  client.close();
  await server.close();
});

function read(wants: readonly Kind[], options: Partial<KubeSourceOptions> = {}): Reader {
  const batches: (readonly Change[])[] = [];
  const features: (readonly Feature[])[] = [];
  let snapshot = emptySnapshot;
  let syncs = 0;
  const source = createKubeSource({
    client,
    validate: createValidator(),
    wants,
    onChange(changes) {
      batches.push(changes);
      snapshot = applyChanges(snapshot, changes);
    },
    onSynced: () => (syncs += 1),
    onFeatures: (now) => features.push(now),
    log: pino({ enabled: false }),
    ...options,
  });
  opened.push(source);
  return { source, batches, features, snapshot: () => snapshot, syncs: () => syncs };
}

async function synced(reader: Reader): Promise<void> {
  await vi.waitFor(() => expect(reader.syncs()).toBe(1), { timeout: 30_000, interval: 5 });
}

async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 30_000, interval: 5 });
}

const hostOf = (object: AnyObject | undefined) =>
  object?.kind === 'HTTPRoute' ? object.spec?.hostnames?.[0] : undefined;
const routeNamed = (reader: Reader, name: string) => getObject(reader.snapshot(), 'HTTPRoute', 'default', name);

describe.each([true, false])('with streaming lists: %s', (streams) => {
  it('gives all that is there at once, then each change', async () => {
    server.streams = streams;
    for (let i = 0; i < 600; i++) server.put(routes, route(`r${i}`, 'a.example'));
    const reader = read(['HTTPRoute']);
    await synced(reader);
    expect(reader.batches.map((batch) => batch.length)).toEqual([600]);
    server.put(routes, route('r1', 'b.example'));
    server.delete(routes, 'default', 'r2');
    await eventually(() => expect(reader.snapshot().collections.HTTPRoute.size).toBe(599));
    await eventually(() => expect(hostOf(routeNamed(reader, 'r1'))).toBe('b.example'));
    expect(reader.source.resourceVersion()).toBe(String(server.version));
  });

  it('goes on from where it was after the server ends, cuts or forgets a watch, and after it was away', async () => {
    server.streams = streams;
    for (let i = 0; i < 10; i++) server.put(routes, route(`r${i}`, 'a.example'));
    const reader = read(['HTTPRoute']);
    await synced(reader);
    const untouched = routeNamed(reader, 'r9');
    server.endWatches();
    server.put(routes, route('r0', 'after-end.example'));
    await eventually(() => expect(hostOf(routeNamed(reader, 'r0'))).toBe('after-end.example'));
    server.cutWatches();
    server.put(routes, route('r1', 'after-cut.example'));
    await eventually(() => expect(hostOf(routeNamed(reader, 'r1'))).toBe('after-cut.example'));
    await server.close();
    server.delete(routes, 'default', 'r2');
    server.put(routes, route('r3', 'after-gone.example'));
    server.compact();
    await server.reopen();
    await eventually(() => expect(hostOf(routeNamed(reader, 'r3'))).toBe('after-gone.example'));
    await eventually(() => expect(routeNamed(reader, 'r2')).toBeUndefined());
    expect(routeNamed(reader, 'r9')).toBe(untouched);
    expect(reader.syncs()).toBe(1);
  });
});

it('keeps the identity of an object while what is read of it stays, and knows what a status writer needs', async () => {
  server.put(routes, route('r', 'a.example'));
  const reader = read(['HTTPRoute']);
  await synced(reader);
  const before = routeNamed(reader, 'r');
  const ref = { kind: 'HTTPRoute', namespace: 'default', name: 'r' } as const;
  const status = { parents: [{ controllerName: 'someone.example/else' }] };
  const stored = server.put(routes, { ...route('r', 'a.example', { labels: undefined }), status });
  await eventually(() => expect(reader.source.latest(ref)?.resourceVersion).toBe(stored.metadata.resourceVersion));
  expect(reader.source.latest(ref)).toMatchObject({ uid: stored.metadata.uid, status });
  expect(routeNamed(reader, 'r')).toBe(before);
  expect(reader.batches).toHaveLength(1);
  expect(before?.metadata).not.toHaveProperty('managedFields');
  expect(Object.isFrozen(before?.spec)).toBe(true);
});

it('lets the last good version of an object serve while the newest does not pass, and tells', async () => {
  server.put(routes, route('r', 'a.example'));
  const reader = read(['HTTPRoute']);
  await synced(reader);
  server.put(routes, route('r', '-not-a-host-'));
  await eventually(() => expect(reader.source.diagnostics()).toHaveLength(1));
  expect(reader.source.diagnostics()[0]).toMatchObject({
    severity: 'error',
    object: { kind: 'HTTPRoute', namespace: 'default', name: 'r' },
    field: 'spec.hostnames[0]',
  });
  expect(hostOf(routeNamed(reader, 'r'))).toBe('a.example');
  server.put(routes, route('r', 'b.example'));
  await eventually(() => expect(hostOf(routeNamed(reader, 'r'))).toBe('b.example'));
  expect(reader.source.diagnostics()).toEqual([]);
});

it('keeps statuses of built-in kinds, and passes over fields of a newer Kubernetes', async () => {
  server.put(services, service('web'));
  const reader = read(['Service']);
  await synced(reader);
  const found = getObject(reader.snapshot(), 'Service', 'default', 'web');
  expect(found?.status?.loadBalancer?.ingress?.[0]?.ip).toBe('198.18.0.1');
  expect(found?.spec).not.toHaveProperty('anotherNewField');
});

it('sees the address of a Pod come, and not whether it is ready', async () => {
  const pod = (status: object): FakeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: 'b' }] }], volumes: [{ name: 'v' }] },
    status,
  });
  server.put(pods, pod({ phase: 'Pending' }));
  const reader = read(['Pod']);
  await synced(reader);
  const found = () => getObject(reader.snapshot(), 'Pod', 'default', 'p');
  expect(found()?.spec).toEqual({ containers: [{ name: 'c' }] });
  server.put(pods, pod({ phase: 'Running', podIP: '10.0.0.1' }));
  await eventually(() => expect(found()?.status?.podIP).toBe('10.0.0.1'));
  const before = found();
  server.put(pods, pod({ phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] }));
  await eventually(() => expect(reader.source.resourceVersion()).toBe(String(server.version)));
  expect(found()).toBe(before);
});

it('asks for no Secret and no Pod that nobody reads', async () => {
  const reader = read(['Secret', 'Pod']);
  await synced(reader);
  const selectorOf = (path: string) =>
    server.requests.find((request) => request.path === path)?.query.get('fieldSelector');
  expect(selectorOf(secrets)).toBe('type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1');
  expect(selectorOf(pods)).toBe('status.phase!=Succeeded,status.phase!=Failed');
});

it('reads only the namespaces that it is given', async () => {
  for (const namespace of ['a', 'b', 'c']) server.put(services, service('web', namespace));
  const reader = read(['Service'], { namespaces: ['a', 'c'] });
  await synced(reader);
  expect([...reader.snapshot().collections.Service.keys()].sort()).toEqual(['Service/a/web', 'Service/c/web']);
  server.put(services, service('late', 'c'));
  server.put(services, service('late', 'b'));
  await eventually(() => expect(reader.snapshot().collections.Service.size).toBe(3));
  expect(reader.source.latest({ kind: 'Service', namespace: 'c', name: 'late' })).toBeDefined();
  expect(server.requests.some(({ path }) => path === services)).toBe(false);
});

it('starts without kinds that are not installed, takes them up when they come and drops them when they go', async () => {
  server.put(routes, route('r', 'a.example'));
  const reader = read(['HTTPRoute', 'ReferenceGrant']);
  await synced(reader);
  expect(reader.features.at(-1)).toContainEqual({ kind: 'NotInstalled', of: 'ReferenceGrant' });
  const group = 'gateway.networking.k8s.io';
  server.groups.set(`${group}/v1beta1`, [{ name: 'referencegrants', kind: 'ReferenceGrant', namespaced: true }]);
  server.put(grants, {
    apiVersion: `${group}/v1beta1`,
    kind: 'ReferenceGrant',
    metadata: { name: 'g', namespace: 'default' },
    spec: { from: [{ group, kind: 'HTTPRoute', namespace: 'other' }], to: [{ group: '', kind: 'Service' }] },
  });
  server.put(definitions, { metadata: { name: `referencegrants.${group}` } });
  await eventually(() => expect(reader.snapshot().collections.ReferenceGrant.size).toBe(1));
  expect(getObject(reader.snapshot(), 'ReferenceGrant', 'default', 'g')?.apiVersion).toBe(`${group}/v1`);
  expect(reader.source.resource('ReferenceGrant')?.version).toBe('v1beta1');
  server.groups.delete(`${group}/v1beta1`);
  server.delete(definitions, '', `referencegrants.${group}`);
  await eventually(() => expect(reader.snapshot().collections.ReferenceGrant.size).toBe(0));
  expect(reader.features.at(-1)).toContainEqual({ kind: 'NotInstalled', of: 'ReferenceGrant' });
  expect(reader.snapshot().collections.HTTPRoute.size).toBe(1);
});

it('passes over a field of a newer definition that nobody wrote, and over no other', async () => {
  const name = 'httproutes.gateway.networking.k8s.io';
  const define = (generation: number, fromTomorrow: object) =>
    server.put(definitions, {
      metadata: { name, generation },
      spec: {
        versions: [
          { name: 'v2' },
          {
            name: 'v1',
            schema: { openAPIV3Schema: { properties: { spec: { properties: { fromTomorrow } } } } },
          },
        ],
      },
    });
  const served = (object: string, fromTomorrow: string): FakeObject => {
    const plain = route(object, 'a.example');
    return { ...plain, spec: { ...(plain['spec'] as object), fromTomorrow } };
  };
  define(1, { type: 'string', default: 'Lax' });
  server.put(routes, served('r', 'Lax'));
  server.put(routes, served('strict', 'Strict'));
  const reader = read(['HTTPRoute']);
  await synced(reader);
  const before = routeNamed(reader, 'r');
  expect(before?.spec).not.toHaveProperty('fromTomorrow');
  expect(reader.source.diagnostics()).toMatchObject([{ object: { name: 'strict' }, field: 'spec.fromTomorrow' }]);

  // The server gives every object the new default without telling of a change.
  server.put(routes, served('r', 'Tight'));
  server.put(routes, served('strict', 'Tight'));
  define(2, { type: 'string', default: 'Tight' });
  await eventually(() => expect(reader.source.diagnostics()).toEqual([]));
  expect(routeNamed(reader, 'r')).toEqual(before);
  expect(hostOf(routeNamed(reader, 'strict'))).toBe('a.example');
});

it('looks at the schema of the version that it reads, also where that changes', async () => {
  const group = 'gateway.networking.k8s.io';
  const resources = [{ name: 'referencegrants', kind: 'ReferenceGrant', namespaced: true }];
  server.groups.clear();
  server.groups.set(`${group}/v1beta1`, resources);
  const more = { properties: { spec: { properties: { more: { type: 'string', default: 'x' } } } } };
  const definition = (label: string): FakeObject => ({
    metadata: { name: `referencegrants.${group}`, generation: 1, labels: { label } } as FakeObject['metadata'],
    spec: { versions: [{ name: 'v1beta1' }, { name: 'v1', schema: { openAPIV3Schema: more } }] },
  });
  server.put(definitions, definition('a'));
  const reader = read(['ReferenceGrant']);
  await synced(reader);
  const spec = { from: [{ group, kind: 'HTTPRoute', namespace: 'other' }], to: [{ group: '', kind: 'Service' }] };
  server.put(`/apis/${group}/v1/referencegrants`, {
    apiVersion: `${group}/v1`,
    kind: 'ReferenceGrant',
    metadata: { name: 'g', namespace: 'default' },
    spec: { ...spec, more: 'x' },
  });
  server.groups.set(`${group}/v1`, resources);
  server.put(definitions, definition('b'));
  await eventually(() => expect(reader.snapshot().collections.ReferenceGrant.size).toBe(1));
});

it('reads no object before it is known what definitions add', async () => {
  const schema = { properties: { spec: { properties: { more: { type: 'string', default: 'x' } } } } };
  server.put(definitions, {
    metadata: { name: 'httproutes.gateway.networking.k8s.io', generation: 1 },
    spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] },
  });
  const plain = route('r', 'a.example');
  server.put(routes, { ...plain, spec: { ...(plain['spec'] as object), more: 'x' } });
  server.broken = { path: definitions, code: 503 };
  const reader = read(['HTTPRoute']);
  await eventually(() =>
    expect(reader.source.diagnostics()).toMatchObject([{ severity: 'error', reason: 'ServerFault' }]),
  );
  expect(server.requests.some(({ path }) => path === routes)).toBe(false);
  server.broken = undefined;
  await synced(reader);
  expect(reader.batches.filter((batch) => batch.length > 0)).toMatchObject([[{ kind: 'put' }]]);
  expect(reader.source.diagnostics()).toEqual([]);
});

it('reads on where definitions may not be read', async () => {
  server.broken = { path: definitions, code: 403 };
  server.put(routes, route('r', 'a.example'));
  const reader = read(['HTTPRoute']);
  await synced(reader);
  expect(hostOf(routeNamed(reader, 'r'))).toBe('a.example');
});

it('reads an experimental kind as the standard one that it became', async () => {
  const group = 'gateway.networking.x-k8s.io';
  server.groups.set(`${group}/v1alpha1`, [{ name: 'xlistenersets', kind: 'XListenerSet', namespaced: true }]);
  server.put(`/apis/${group}/v1alpha1/xlistenersets`, {
    apiVersion: `${group}/v1alpha1`,
    kind: 'XListenerSet',
    metadata: { name: 'more', namespace: 'default' },
    spec: { parentRef: { name: 'edge' }, listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }] },
  });
  const reader = read(['ListenerSet']);
  await synced(reader);
  const found = getObject(reader.snapshot(), 'ListenerSet', 'default', 'more');
  expect(found).toMatchObject({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'ListenerSet' });
  expect(reader.source.resource('ListenerSet')).toMatchObject({ group, kind: 'XListenerSet', name: 'xlistenersets' });
});

it('says which versions are there where none can be read', async () => {
  server.groups.set('gateway.networking.k8s.io/v1', [{ name: 'x', kind: 'X', namespaced: true }]);
  server.groups.set('gateway.networking.k8s.io/v3', [{ name: 'httproutes', kind: 'HTTPRoute', namespaced: true }]);
  const reader = read(['HTTPRoute']);
  await synced(reader);
  const versions = ['gateway.networking.k8s.io/v3'];
  expect(reader.features).toEqual([[{ kind: 'UnreadableVersions', of: 'HTTPRoute', versions }]]);
});

it('waits for a server that is not there yet, and tells why it waits', async () => {
  server.refusing = 403;
  const reader = read(['HTTPRoute']);
  await eventually(() =>
    expect(reader.source.diagnostics()).toMatchObject([{ severity: 'error', reason: 'Forbidden' }]),
  );
  server.refusing = undefined;
  await synced(reader);
  await eventually(() => expect(reader.source.diagnostics()).toEqual([]));
});
