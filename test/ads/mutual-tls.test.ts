import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials as channel, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SecretSchema } from '../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { MutualTlsCredentials } from '../../src/ads/credentials.ts';
import { type AdsServer, createAdsServer } from '../../src/ads/server.ts';
import { listenerType, secretType } from '../../src/ads/type-url.ts';
import type { KeyPair } from '../../src/infra/authority/certificate.ts';
import { identifyProxy } from '../../src/infra/authority/identify.ts';
import { issueAuthority, issueClient, issueServer } from '../../src/infra/authority/issue.ts';
import { buildBootstrap } from '../../src/infra/bootstrap/bootstrap.ts';
import { discoverySecrets } from '../../src/infra/bootstrap/discovery.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { connectClient, type ScriptedClient } from './client.ts';
import { until } from '../fixture/until.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { clusterOf, assignmentOf, generation, resource } from './resources.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

const day = 24 * 3_600_000;
const a = { namespace: 'shop', name: 'a', uid: 'uid-a' };
const b = { namespace: 'bank', name: 'b', uid: 'uid-b' };
const groupA = gatewayName(a.namespace, a.name);
const groupB = gatewayName(b.namespace, b.name);
const uids = new Map([
  [groupA, a.uid],
  [groupB, b.uid],
]);

let folder: string;
let server: AdsServer | undefined;
let port: number;
let authority: KeyPair;
let tls: MutualTlsCredentials;
let proxy: Proxy | undefined;
/** Serial numbers of the certificates that streams were opened with. */
let serials: string[];
const clients: ScriptedClient[] = [];

const issueServerFor = (issuer: KeyPair) => issueServer(issuer, ['localhost'], Date.now(), day);
const identityOf = async (issuer: KeyPair, trusted: readonly KeyPair[] = [issuer]) => ({
  ...(await issueServerFor(issuer)),
  authorities: trusted.map(({ certificate }) => certificate).join(''),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ads-tls-'));
  serials = [];
  authority = await issueAuthority(Date.now(), day);
  tls = new MutualTlsCredentials(await identityOf(authority));
});

async function listen(maxConnectionAgeMs = Infinity): Promise<AdsServer> {
  const opened = createAdsServer({ removalGraceMs: 0, maxConnectionAgeMs });
  server = opened;
  port = await opened.listenTcp({
    credentials: tls,
    identify: (call) => {
      serials.push(call.getAuthContext().sslPeerCertificate?.serialNumber ?? '');
      return identifyProxy(call, (name) => uids.get(name));
    },
  });
  return opened;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy?.stop();
  proxy = undefined;
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

function connect(nodeId: string, pair: KeyPair | undefined, trusted = authority): ScriptedClient {
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const secure = channel.createSsl(bytes(trusted.certificate), bytes(pair?.key), bytes(pair?.certificate));
  const client = connectClient(`localhost:${port}`, nodeId, secure);
  clients.push(client);
  return client;
}

let written = 0;

/** Replaces all files at once, as a kubelet does. */
async function writeFiles(pair: KeyPair, trusted: readonly KeyPair[]): Promise<void> {
  const version = `v${(written += 1)}`;
  await mkdir(join(folder, version));
  const authorities = trusted.map(({ certificate }) => certificate).join('');
  const files = { 'tls.crt': pair.certificate, 'tls.key': pair.key, 'ca.crt': authorities };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, version, name), content);
  await symlink(version, join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, '..data'));
}

async function startSecured(node: string): Promise<Proxy> {
  for (const name of ['tls.crt', 'tls.key', 'ca.crt']) await symlink(join('..data', name), join(folder, name));
  const configFolder = join(folder, 'config');
  await mkdir(configFolder);
  const secrets = discoverySecrets({
    folder,
    certificate: 'tls.crt',
    key: 'tls.key',
    authorities: 'ca.crt',
    serverName: 'localhost',
  });
  for (const [name, content] of secrets) await writeFile(join(configFolder, name), JSON.stringify(content));
  proxy = await startProxy((adminSocket) =>
    buildBootstrap({
      node,
      discovery: { kind: 'Tls', host: 'localhost', port, configFolder },
      adminSocket,
      maxConnections: 1_000,
      maxHeapBytes: 2 ** 30,
    }),
  );
  return proxy;
}

const secretOf = (name: string) =>
  resource(secretType, name, SecretSchema, {
    name,
    type: { case: 'genericSecret', value: { secret: { specifier: { case: 'inlineString', value: name } } } },
  });

test('a proxy gets what its certificate says, whatever name it gives itself', async () => {
  const server = await listen();
  server.publish(groupA, generation(1, clusterOf('of-a'), assignmentOf('of-a'), secretOf('secret-a')));
  server.publish(groupB, generation(1, clusterOf('of-b'), assignmentOf('of-b'), secretOf('secret-b')));
  await writeFiles(await issueClient(authority, a, Date.now(), day), [authority]);
  const { admin } = await startSecured(groupB);
  await until('it has all', () => (server.acknowledged(groupA) === 1 ? true : undefined));
  expect(server.state()).toMatchObject([{ group: groupA, nodeId: groupB }]);
  const { body } = await admin('/config_dump?resource=dynamic_active_clusters');
  expect(body).toContain('of-a');
  expect(body).not.toContain('of-b');
});

test('a Secret of another Gateway is not to be had by its name', async () => {
  const server = await listen();
  server.publish(groupA, generation(1, secretOf('secret-a')));
  server.publish(groupB, generation(1, secretOf('secret-b')));
  const client = connect(groupB, await issueClient(authority, a, Date.now(), day));
  client.send(secretType, { resourceNamesSubscribe: ['secret-b', 'secret-a'] });
  const { resources, removedResources } = await client.receive();
  expect(resources.map(({ name }) => name)).toEqual(['secret-a']);
  expect(removedResources).toEqual(['secret-b']);
});

test.each([
  ['without a certificate', () => undefined],
  [
    'with a certificate of another authority',
    async () => issueClient(await issueAuthority(Date.now(), day), a, Date.now(), day),
  ],
  ['with a certificate that has ended', () => issueClient(authority, a, Date.now() - 2 * day, day)],
  ['with a certificate that is for servers', () => issueServerFor(authority)],
])('a proxy %s is refused before it can ask', async (_, pairOf) => {
  const server = await listen();
  server.publish(groupA, generation(1, secretOf('secret-a')));
  const client = connect(groupA, await pairOf());
  client.send(listenerType);
  expect(await client.ended).toBe(status.UNAVAILABLE);
  expect(serials).toEqual([]);
});

test.each([
  ['of another Gateway of that name', { ...a, uid: 'uid-before' }],
  ['of a Gateway that is gone', { ...a, name: 'gone' }],
])('a proxy %s is refused', async (_, gateway) => {
  await listen();
  const client = connect(groupA, await issueClient(authority, gateway, Date.now(), day));
  client.send(listenerType);
  expect(await client.ended).toBe(status.PERMISSION_DENIED);
});

test('a client does not trust a server of another authority', async () => {
  await listen();
  const client = connect(
    groupA,
    await issueClient(authority, a, Date.now(), day),
    await issueAuthority(Date.now(), day),
  );
  client.send(listenerType);
  expect(await client.ended).toBe(status.UNAVAILABLE);
});

test('certificates and authorities are replaced while a proxy is connected, and nobody restarts', async () => {
  const server = await listen(400);
  let id = 0;
  const served = async (what: string) => {
    id += 1;
    server.publish(groupA, generation(id, clusterOf(`c${id}`), assignmentOf(`c${id}`)));
    await until(`${what} and served`, () => (server.acknowledged(groupA) === id ? true : undefined));
  };
  /** A stream was opened with this certificate, after now. */
  const cameWith = async (what: string) => {
    const before = serials.length;
    await until(what, () => (serials.length > before + 1 ? true : undefined));
    return serials.at(-1);
  };
  await writeFiles(await issueClient(authority, a, Date.now(), day), [authority]);
  const { admin } = await startSecured('p');
  await served('connected');
  const first = await cameWith('it comes again');

  await writeFiles(await issueClient(authority, a, Date.now(), day), [authority]);
  await until('it comes with its new certificate', () => (serials.at(-1) === first ? undefined : true));
  await served('with a new client certificate');

  tls.replace(await identityOf(authority));
  await cameWith('it comes to the new server certificate');
  await served('with a new server certificate');

  const second = await issueAuthority(Date.now(), day);
  tls.replace(await identityOf(authority, [authority, second]));
  await writeFiles(await issueClient(authority, a, Date.now(), day), [authority, second]);
  await cameWith('it trusts both');
  await served('while both are trusted');

  tls.replace(await identityOf(second, [second, authority]));
  await cameWith('it comes to the second authority');
  const last = serials.at(-1);
  await writeFiles(await issueClient(second, a, Date.now(), day), [second]);
  await until('it comes with a certificate of the second authority', () =>
    serials.at(-1) === last ? undefined : true,
  );
  tls.replace(await identityOf(second));
  await cameWith('the first authority is gone');
  await served('without the first authority');
  // An Envoy that had ended would not have come again: nobody starts it here.
  expect((await admin('/ready')).status).toBe(200);
});
