import { connect } from 'node:tls';
import { createTestCertificate } from '../../test/fixture/certificate.ts';
import { waitFor } from '../../test/cluster/run.ts';
import { printTable } from '../table.ts';
import type { KubeObject } from './api.ts';
import { load, mib, ms } from './figures.ts';
import { difference } from './replicas.ts';
import { type Bench, onSite, type Site, sized } from './site.ts';
import { gatewayApi } from './world.ts';

const perSet = 16;
const mostHttpSets = 2_500;
const mostHttpsSets = 125;

function listenerSet(namespace: string, name: string, listeners: readonly object[]): KubeObject {
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'bench' };
  return { apiVersion: gatewayApi, kind: 'ListenerSet', metadata: { namespace, name }, spec: { parentRef, listeners } };
}

const hostname = (set: string, index: number) => `l${index}.${set}.bench.example`;

function httpSet(namespace: string, set: string): KubeObject {
  const listeners = Array.from({ length: perSet }, (_, index) => ({
    name: `l${index}`,
    port: 80,
    protocol: 'HTTP',
    hostname: hostname(set, index),
  }));
  return listenerSet(namespace, set, listeners);
}

function httpsSet(namespace: string, set: string): readonly KubeObject[] {
  const hosts = Array.from({ length: perSet }, (_, index) => hostname(set, index));
  const secrets = hosts.map((host, index) => {
    const { chain, key } = createTestCertificate([host]);
    const stringData = { 'tls.crt': chain, 'tls.key': key };
    const metadata = { namespace, name: `${set}-${index}` };
    return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData };
  });
  const listeners = hosts.map((host, index) => ({
    name: `l${index}`,
    port: 443,
    protocol: 'HTTPS',
    hostname: host,
    tls: { certificateRefs: [{ name: `${set}-${index}` }] },
  }));
  return [...secrets, listenerSet(namespace, set, listeners)];
}

interface LiveSet {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Until the status of the set says that all is programmed. */
async function programmed(site: Site, name: string): Promise<void> {
  const metadata = { namespace: site.namespace, name };
  await waitFor(`ListenerSet ${name}`, 600, async () => {
    const { status } = await site.api.read<LiveSet>({ apiVersion: gatewayApi, kind: 'ListenerSet', metadata });
    const is = status?.conditions?.some((one) => one.type === 'Programmed' && one.status === 'True');
    return is === true ? true : undefined;
  });
}

/** Whether a handshake for the host is answered with its certificate. */
function presents(address: string, servername: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 443, servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname?.includes(servername) === true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}

async function measure(site: Site, what: string, objects: readonly KubeObject[], served: () => Promise<void>) {
  await site.quiet();
  const before = await site.counts();
  const start = performance.now();
  await site.api.createAll(objects, 32);
  const made = performance.now() - start;
  for (const { kind, metadata } of objects) if (kind === 'ListenerSet') await programmed(site, metadata.name);
  await served();
  const done = performance.now() - start;
  const { leader, follower } = difference(before, await site.counts());
  return [
    what,
    ms(made),
    ms(done),
    ms(leader.cpuMs),
    ms(follower?.cpuMs ?? 0),
    mib(leader.residentMiB),
    mib(follower?.residentMiB),
    String(leader.statusWrites),
    load(),
  ];
}

/** 40,000 HTTP listeners and 2,000 HTTPS ones with a certificate each, all on one Gateway by ListenerSets. */
export async function benchListeners(bench: Bench): Promise<void> {
  const rows: (readonly string[])[] = [
    ['listeners', 'made', 'programmed', 'CPU leader', 'CPU follower', 'resident leader', 'resident follower'].concat([
      'status writes',
      'load',
    ]),
  ];
  const [httpSets, httpsSets] = [sized(mostHttpSets, bench), sized(mostHttpsSets, bench)];
  await onSite(bench, async (site) => {
    const { api, namespace, gateway, address } = site;
    await api.patch(gateway, { spec: { allowedListeners: { namespaces: { from: 'Same' } } } });
    const https = Array.from({ length: httpsSets }, (_, index) => httpsSet(namespace, `tls${index}`)).flat();
    const last = hostname(`tls${httpsSets - 1}`, perSet - 1);
    const shown = async () => {
      await waitFor(`the certificate of ${last}`, 300, async () =>
        (await presents(address, last)) ? true : undefined,
      );
    };
    rows.push(await measure(site, `${httpsSets * perSet} HTTPS`, https, shown));
    const http = Array.from({ length: httpSets }, (_, index) => httpSet(namespace, `set${index}`));
    rows.push(await measure(site, `${httpSets * perSet} HTTP`, http, async () => {}));
  });
  printTable(`Listeners of one Gateway, ${perSet} in a ListenerSet`, rows);
}
