import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MutualTlsCredentials } from '../../src/ads/credentials.ts';
import { type AdsServer, createAdsServer } from '../../src/ads/server.ts';
import { identifyProxy } from '../../src/infra/authority/identify.ts';
import { issueAuthority, issueClient, issueServer } from '../../src/infra/authority/issue.ts';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';
import { bootstrapFile, probePort, renderConfigMap } from '../../src/infra/kubernetes/config-map.ts';
import { generation } from '../ads/resources.ts';
import { type Proxy, startProxy } from '../ads/proxy.ts';
import { until } from '../fixture/until.ts';
import { freePort } from '../envoy/envoy-under-test.ts';
import { renderOptions, wantedGateway } from '../fixture/wanted-gateway.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

const day = 24 * 3_600_000;
const wanted = wantedGateway();

let folder: string;
let server: AdsServer;
let proxy: Proxy | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  server = createAdsServer();
});

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Puts the files of a pod into a folder of this machine; gives its bootstrap with the folder's paths. */
async function unpack(discoveryPort: number, probesAt: number): Promise<string> {
  const authority = await issueAuthority(Date.now(), day);
  const client = await issueClient(authority, wanted.gateway, Date.now(), day);
  const tls = await issueServer(authority, ['localhost'], Date.now(), day);
  const { certificate: authorities } = authority;
  await server.listenTcp({
    port: discoveryPort,
    credentials: new MutualTlsCredentials({ ...tls, authorities }),
    identify: (call) => identifyProxy(call, () => wanted.gateway.uid),
  });
  const options = { ...renderOptions, discovery: { host: 'localhost', port: discoveryPort } };
  const { data } = renderConfigMap(wanted, options) as { data?: Record<string, string> };
  const here = (text: string) =>
    text
      .replaceAll(/\/etc\/sallyport\/(config|certificate)|\/run\/sallyport/g, folder)
      .replace(`"port_value":${probePort}`, `"port_value":${probesAt}`);
  const files = { ...data, 'tls.crt': client.certificate, 'tls.key': client.key, 'ca.crt': authorities };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), here(text));
  return here(data?.[bootstrapFile] ?? '');
}

function ask(port: number, method: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, method, path, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', () => resolve({ status: 0, body: '' }));
    sent.end();
  });
}

test('Envoy takes the bootstrap of a pod', async () => {
  await unpack(await freePort(), await freePort());
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  const options = ['-c', join(folder, bootstrapFile), '--service-node', 'n', '--service-cluster', 'c'];
  const { stderr } = await promisify(execFile)(binary.value, ['--mode', 'validate', ...options, '-l', 'warning']);
  expect(stderr.replaceAll(/.*work-in-progress.*\n/g, '')).toBe('');
});

test('a pod shows whether it serves and its figures, and nothing else of its admin interface', async () => {
  const port = await freePort();
  const bootstrap = await unpack(await freePort(), port);
  proxy = await startProxy((adminSocket) => {
    const config: unknown = JSON.parse(bootstrap.replaceAll(`${folder}/admin.sock`, adminSocket));
    return { ...(config as object), node: { id: 'n', cluster: 'c' } };
  });
  await until('it asks', () => (server.state().length === 1 ? true : undefined));
  expect((await ask(port, 'GET', '/ready')).status).toBe(0);
  server.publish('shop/public', generation(1));
  await until('it is ready', async () => ((await ask(port, 'GET', '/ready')).status === 200 ? true : undefined));
  expect((await ask(port, 'GET', '/stats/prometheus')).body).toContain('envoy_server_live');
  for (const [method, path] of [
    ['POST', '/ready'],
    ['GET', '/config_dump'],
    ['GET', '/stats'],
    ['GET', '/stats/prometheus/../../config_dump'],
    ['GET', '//config_dump'],
    ['GET', '/ready/../config_dump'],
    ['POST', '/quitquitquit'],
    ['GET', '/'],
  ] as const) {
    expect({ path, status: (await ask(port, method, path)).status }).toEqual({ path, status: 404 });
  }
});
