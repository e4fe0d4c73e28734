import { credentials, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { DeltaDiscoveryResponse } from '../../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import { clusterType, listenerType, routeConfigurationType } from '../../../src/ads/type-url.ts';
import { issueAuthority, issueClient } from '../../../src/infra/authority/issue.ts';
import { routeTableName } from '../../../src/ir/name.ts';
import { connectClient, type ScriptedClient } from '../../ads/client.ts';
import { gateway, hostOf, route } from './objects.ts';
import { waitFor } from '../run.ts';
import { World } from './world.ts';

const world = new World(inject('kubeconfig'));
const xdsPort = 18_000;
const serverName = 'sallyport-xds.sallyport-system.svc';
const http = [{ name: 'http', port: 80, protocol: 'HTTP' }];
const clients: ScriptedClient[] = [];

/** What a Pod that mounts the Secret of a Gateway has. */
interface Mounted {
  readonly authorities: string;
  readonly pair?: { readonly certificate: string; readonly key: string };
}

beforeAll(async () => {
  await world.start();
  for (const name of ['mine', 'theirs']) {
    // No Envoy of theirs is to run for this: the tests are the proxies.
    await world.apply(...gateway(name, http, { nodeSelector: { nobody: 'has' } }), route(name, name, 'app'));
    await waitFor('a certificate', 60, () => mount(name).catch(() => undefined));
  }
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(() => world.stop());

async function mount(gatewayName: string): Promise<Mounted & Required<Pick<Mounted, 'pair'>>> {
  const { data }: { readonly data: Readonly<Record<string, string>> } = JSON.parse(
    await world.kubectl('get', 'secret', `${gatewayName}-sallyport`, '--output=json'),
  );
  const text = (file: string) => Buffer.from(data[file] ?? '', 'base64').toString('utf8');
  return { authorities: text('ca.crt'), pair: { certificate: text('tls.crt'), key: text('tls.key') } };
}

/** A client that calls itself as it likes. */
async function connect(nodeId: string, { authorities, pair }: Mounted): Promise<ScriptedClient> {
  const [replica] = await world.controllers();
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const secure = credentials.createSsl(bytes(authorities), bytes(pair?.key), bytes(pair?.certificate));
  const address = `${replica?.status.podIP ?? ''}:${xdsPort}`;
  const client = connectClient(address, nodeId, secure, { 'grpc.ssl_target_name_override': serverName });
  clients.push(client);
  return client;
}

/** Everything that a client is given for asking, as text to look for names in. */
async function takeAll(client: ScriptedClient): Promise<string> {
  const responses: DeltaDiscoveryResponse[] = [];
  const take = async () => {
    const response = await client.receive();
    client.ack(response);
    responses.push(response);
    return response;
  };
  client.send(clusterType);
  await take();
  client.send(listenerType);
  while ((await take()).typeUrl !== listenerType);
  // Both Gateways have one of this name.
  client.send(routeConfigurationType, { resourceNamesSubscribe: [routeTableName('http', 80)] });
  while ((await take()).typeUrl !== routeConfigurationType);
  return responses
    .flatMap(({ resources }) => resources)
    .map(({ name, resource }) => `${name} ${Buffer.from(resource?.value ?? []).toString('latin1')}`)
    .join('\n');
}

describe('the certificate of a Gateway', () => {
  it('gets the resources of that Gateway, and none of another whose proxy it claims to be', async () => {
    const selector = '--selector=gateway.networking.k8s.io/gateway-name=theirs';
    const proxy = await world.kubectl('get', 'pods', selector, '--output=jsonpath={.items[0].metadata.name}');
    const got = await takeAll(await connect(proxy, await mount('mine')));
    expect(got).toContain(hostOf('mine'));
    expect(got).not.toContain(hostOf('theirs'));
    expect(got).not.toContain('/theirs');
  });
});

describe('a proxy', () => {
  it('without a certificate is told nothing', async () => {
    const { authorities } = await mount('mine');
    const client = await connect('nobody', { authorities });
    client.send(clusterType);
    expect(await client.ended).toBe(status.UNAVAILABLE);
  });

  it('whose certificate another authority has issued is told nothing', async () => {
    const { authorities } = await mount('mine');
    const uid = await world.kubectl('get', 'gateway', 'theirs', '--output=jsonpath={.metadata.uid}');
    const other = await issueAuthority(Date.now(), 3_600_000);
    const named = { namespace: world.namespace, name: 'theirs', uid };
    const client = await connect('nobody', {
      authorities,
      pair: await issueClient(other, named, Date.now(), 3_600_000),
    });
    client.send(clusterType);
    expect(await client.ended).toBe(status.UNAVAILABLE);
  });
});
