import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubeClient } from '../../src/kube/client.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { FakeApiServer } from './fake-api-server.ts';

let folder: string;
let server: FakeApiServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-kubeconfig-'));
  server = new FakeApiServer();
  await server.listen();
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function write(token: string): string {
  const file = join(folder, 'config');
  const config = {
    'current-context': 'here',
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'mine' } },
      { name: 'nowhere', context: { cluster: 'absent', user: 'u' } },
    ],
    clusters: [{ name: 'c', cluster: { server: server.endpoint().server.href } }],
    users: [{ name: 'u', user: { token } }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

it('asks the server of the context with its token, and with the new one where the old is refused', async () => {
  const file = write('first');
  const endpoint = await loadKubeconfig({ file });
  if (!endpoint.ok) throw new Error(endpoint.error);
  expect(endpoint.value.namespace).toBe('mine');
  const client = createKubeClient({ endpoint: endpoint.value });
  const tokens = () => server.requests.map(({ headers }) => headers.authorization);
  try {
    expect(await client.request('GET', '/api/v1/services')).toMatchObject({ ok: true });
    expect(tokens()).toEqual(['Bearer first']);
    write('second');
    server.refusing = 401;
    expect(await client.request('GET', '/api/v1/services')).toMatchObject({ error: { kind: 'Unauthorized' } });
    expect(tokens().slice(1)).toEqual(['Bearer first', 'Bearer second']);
  } finally {
    client.close();
  }
});

it('says what is wrong with a kubeconfig', async () => {
  const file = write('any');
  expect(await loadKubeconfig({ file, context: 'nowhere' })).toEqual({
    ok: false,
    error: 'there is no cluster for the context nowhere; there are here, nowhere',
  });
  expect(await loadKubeconfig({ file: join(folder, 'absent') })).toMatchObject({ ok: false });
});
