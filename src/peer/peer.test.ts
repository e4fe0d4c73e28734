import { afterEach, describe, expect, it } from 'vitest';
import { isReplica } from '../infra/authority/identity.ts';
import { issueAuthority, issueClient, issueReplica, issueServer } from '../infra/authority/issue.ts';
import { listenToPeer, type PeerListener } from './listener.ts';
import type { TlsIdentity } from '../lib/mutual-tls.ts';
import { createPeerServer, type PeerServer } from './server.ts';

const serverName = 'sallyport-xds.sallyport-system.svc';
const hour = 3_600_000;
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function createIdentities() {
  const authority = await issueAuthority(Date.now(), hour);
  const authorities = authority.certificate;
  const server = { ...(await issueServer(authority, [serverName], Date.now(), hour)), authorities };
  const replica = { ...(await issueReplica(authority, 'sallyport-system', Date.now(), hour)), authorities };
  const gateway = { namespace: 'shop', name: 'public', uid: 'u' };
  const proxy = { ...(await issueClient(authority, gateway, Date.now(), hour)), authorities };
  return { server, replica, proxy };
}

async function serve(identity: TlsIdentity, message: () => string): Promise<PeerServer> {
  const server = await createPeerServer({
    address: '127.0.0.1',
    port: 0,
    identity,
    isReplica: (subjectAltName) => isReplica(subjectAltName, 'sallyport-system'),
    message,
  });
  stops.push(() => server.close());
  return server;
}

function listen(port: number, identity: TlsIdentity): { heard: (string | undefined)[]; listener: PeerListener } {
  const heard: (string | undefined)[] = [];
  const listener = listenToPeer({
    host: '127.0.0.1',
    port,
    serverName,
    identity: () => identity,
    heard: (message) => heard.push(message),
    forgetMs: 100,
    retryMs: 20,
  });
  stops.push(() => listener.stop());
  return { heard, listener };
}

describe('replicas', () => {
  it('tell one another what they know, and what is new', async () => {
    const { server, replica } = await createIdentities();
    let message = '[1]';
    const teller = await serve(server, () => message);
    const { heard } = listen(teller.port, replica);
    await expect.poll(() => heard).toEqual(['[1]']);
    message = '[2]';
    teller.changed();
    await expect.poll(() => heard).toEqual(['[1]', '[2]']);
  });

  it('forget one that is gone, and listen again when it is back', async () => {
    const { server, replica } = await createIdentities();
    const teller = await serve(server, () => '[1]');
    const { port } = teller;
    const { heard } = listen(port, replica);
    await expect.poll(() => heard).toEqual(['[1]']);
    await teller.close();
    await expect.poll(() => heard).toEqual(['[1]', undefined]);
    const again = await createPeerServer({
      address: '127.0.0.1',
      port,
      identity: server,
      isReplica: () => true,
      message: () => '[3]',
    });
    stops.push(() => again.close());
    await expect.poll(() => heard).toEqual(['[1]', undefined, '[3]']);
  });

  it('tell nothing to a proxy, nor to one with a certificate of somebody else', async () => {
    const { server, proxy, replica } = await createIdentities();
    const foreign = await createIdentities();
    const teller = await serve(server, () => '[1]');
    const proxies = listen(teller.port, proxy);
    const strangers = listen(teller.port, { ...foreign.replica, authorities: server.authorities });
    const good = listen(teller.port, replica);
    await expect.poll(() => good.heard).toEqual(['[1]']);
    await expect.poll(() => [...proxies.heard, ...strangers.heard]).toEqual([undefined, undefined]);
  });
});
