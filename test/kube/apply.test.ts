import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyObject, applyStatus, deleteObject, replaceStatus } from '../../src/kube/apply.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts';
import { usualResource } from '../../src/kube/resource.ts';
import { FakeApiServer } from './fake-api-server.ts';

const path = '/apis/gateway.networking.k8s.io/v1/httproutes';
const target = { resource: usualResource('HTTPRoute'), namespace: 'default', name: 'r' };

let server: FakeApiServer;
let client: KubeClient;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  client = createKubeClient({ endpoint: server.endpoint() });
});

afterEach(async () => {
  client.close();
  await server.close();
});

it('applies by force as one field manager, with the identity of the target', async () => {
  const applied = await applyObject(client, target, { metadata: { labels: { a: 'b' } }, spec: {} });
  expect(applied).toMatchObject({
    ok: true,
    value: {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'r', namespace: 'default', labels: { a: 'b' } },
    },
  });
  const [request] = server.requests;
  expect(request).toMatchObject({
    method: 'PATCH',
    path: `${path.replace('/httproutes', '')}/namespaces/default/httproutes/r`,
  });
  expect(Object.fromEntries(request?.query ?? [])).toEqual({ fieldManager: 'sallyport', force: 'true' });
  expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
  await applyStatus(client, target, { parents: [] });
  expect(server.requests[1]?.path).toMatch(/\/r\/status$/);
});

it('replaces a status only at the version that was read', async () => {
  const stored = server.put(path, { metadata: { name: 'r', namespace: 'default' }, spec: { kept: true } });
  const version = stored.metadata.resourceVersion ?? '';
  expect(await replaceStatus(client, target, version, { parents: [1] })).toMatchObject({ ok: true });
  expect(await replaceStatus(client, target, version, { parents: [] })).toMatchObject({ error: { kind: 'Conflict' } });
  expect(server.list(path)[0]).toMatchObject({ spec: { kept: true }, status: { parents: [1] } });
});

it('deletes an object only while it is the one that is meant', async () => {
  server.put(path, { metadata: { name: 'r', namespace: 'default', uid: 'u1' } });
  expect(await deleteObject(client, target, 'u0')).toMatchObject({ error: { kind: 'Conflict' } });
  expect(await deleteObject(client, target, 'u1')).toMatchObject({ ok: true });
  expect(await deleteObject(client, target, 'u1')).toMatchObject({ error: { kind: 'NotFound' } });
});
