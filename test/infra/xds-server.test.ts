import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AdsServer, createAdsServer } from '../../src/ads/server.ts';
import { listenerType } from '../../src/ads/type-url.ts';
import { createXdsServer, type XdsServer } from '../../src/control/xds-server.ts';
import { type ClientCertificate, clientCertificate } from '../../src/infra/authority/client-secret.ts';
import { maintainAuthorities } from '../../src/infra/authority/maintain.ts';
import type { Authorities } from '../../src/infra/authority/plan.ts';
import { connectClient, type ScriptedClient } from '../ads/client.ts';
import { until } from '../fixture/until.ts';
import { createHandClock, type HandClock } from '../fixture/hand-clock.ts';
import { createMemoryCluster, type MemoryCluster } from '../fixture/memory-cluster.ts';

const minute = 60_000;
// The clock in hand may run ahead of the real one by as much as certificates are dated back, and by no more.
const lifetimes = { authorityMs: 8 * minute, leafMs: 24 * 60 * minute, spreadMs: minute / 2 };
const gateway = { namespace: 'shop', name: 'public', uid: 'u-1' };

let cluster: MemoryCluster;
let clock: HandClock;
let ads: AdsServer;
let xds: XdsServer;
let stream: ScriptedClient | undefined;

function serve(port: number): XdsServer {
  return createXdsServer({
    ads,
    client: cluster,
    namespace: 's',
    dnsNames: ['localhost'],
    address: '127.0.0.1',
    port,
    leafMs: lifetimes.leafMs,
    clock,
    log: pino({ enabled: false }),
    uidOf: () => gateway.uid,
  });
}

beforeEach(() => {
  cluster = createMemoryCluster();
  clock = createHandClock(Date.now());
  ads = createAdsServer({ maxConnectionAgeMs: Infinity });
  xds = serve(0);
});

afterEach(async () => {
  stream?.close();
  stream = undefined;
  await xds.stop();
  await ads.close();
});

/** Does what the leader does. */
async function maintain(): Promise<Authorities> {
  const maintained = await maintainAuthorities({
    client: cluster,
    namespace: 's',
    lifetimes,
    now: () => clock.now(),
  });
  if (!maintained.ok) throw new Error(maintained.error);
  return maintained.value.authorities;
}

const certificateOf = (authorities: Authorities) =>
  clientCertificate(undefined, gateway, { authorities, leafMs: lifetimes.leafMs, now: clock.now() });

/** What the server shows to a proxy with this certificate; undefined where they do not agree. */
function shown({ certificate, key, authorities }: ClientCertificate): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] };
    const socket = connect({ ...options, port: xds.port(), cert: certificate, key, ca: authorities });
    // The server has looked at the certificate of the client when it says its first word of HTTP/2.
    socket.once('data', () => {
      resolve(socket.getPeerX509Certificate()?.issuer);
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

it('changes the authority while a proxy is connected, and whoever was told in time always gets in', async () => {
  const first = await maintain();
  clock.advance(500);
  await until('it listens', () => xds.port());
  const before = await certificateOf(first);
  const authority = await shown(before);
  expect(authority).toContain('CN=sallyport ');
  const bytes = (text: string) => Buffer.from(text);
  const secure = credentials.createSsl(bytes(before.authorities), bytes(before.key), bytes(before.certificate));
  stream = connectClient(`localhost:${xds.port()}`, 'p', secure);
  stream.send(listenerType);
  await until('the proxy is there', () => ads.state()[0]);

  clock.advance(1.5 * minute);
  const both = await maintain();
  expect(both.next).toBeDefined();
  clock.advance(minute);
  const told = { ...(await certificateOf(both)), certificate: before.certificate, key: before.key };
  expect(await shown(before)).toBe(authority);
  expect(await shown(told)).toBe(authority);

  const after = await maintain();
  expect(after.previous).toBe(first.signing.certificate);
  clock.advance(minute);
  await until('the next authority signs', async () => ((await shown(told)) === authority ? undefined : true));
  expect(await shown(told)).toContain('CN=sallyport ');
  const renewed = await certificateOf(after);
  expect(await shown(renewed)).toBe(await shown(told));
  expect(await shown(before)).toBeUndefined();
  expect(ads.state()).toHaveLength(1);
});

it('asks again for a port that somebody else has', async () => {
  await maintain();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await xds.stop();
  xds = serve(port);
  try {
    await until('it has failed and waits', () => (clock.planned() > 0 ? true : undefined));
    expect(xds.port()).toBeUndefined();
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
  clock.advance(500);
  expect(await until('it listens', () => xds.port())).toBe(port);
});
