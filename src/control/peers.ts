import type { Logger } from 'pino';
import { isReplica } from '../infra/authority/identity.ts';
import { issueReplica } from '../infra/authority/issue.ts';
import type { Authorities } from '../infra/authority/plan.ts';
import type { IssuedIdentity } from '../infra/authority/server-identity.ts';
import { listenToPeer, type PeerListener } from '../peer/listener.ts';
import type { TlsIdentity } from '../lib/mutual-tls.ts';
import { createPeerServer, type PeerServer } from '../peer/server.ts';
import { type Change, refOfChange, type Snapshot } from '../snapshot/snapshot.ts';
import type { Controller } from './controller.ts';
import type { Refusal } from './peer-refusals.ts';

export interface PeersOptions {
  readonly controller: Controller;
  /** Of the controller. */
  readonly namespace: string;
  /** The Service that all replicas are behind, and its name in their certificates. */
  readonly service: string;
  readonly serverName: string;
  /** Of this replica, as the Service's endpoints have it. */
  readonly ownAddress: string;
  readonly port: number;
  readonly leafMs: number;
  readonly log: Logger;
}

/** Addresses of the other replicas that are ready. */
export function findPeers(
  snapshot: Snapshot,
  { namespace, service, ownAddress }: Pick<PeersOptions, 'namespace' | 'service' | 'ownAddress'>,
): readonly string[] {
  const slices = [...snapshot.collections.EndpointSlice.values()].filter(
    ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === service,
  );
  const addresses = slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap((endpoint) => endpoint.addresses),
  );
  return [...new Set(addresses)].filter((address) => address !== ownAddress).sort();
}

function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== 'object' || value === null) return false;
  return ['gateway', 'origin', 'content', 'message'].every((field) => typeof Reflect.get(value, field) === 'string');
}

/** What a line of another replica says; nothing where it is of a version that says something else. */
export function parseRefusals(line: string): readonly Refusal[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value.filter(isRefusal) : [];
  } catch {
    return [];
  }
}

/**
 * What the Envoys of one replica refuse, the others know: the one that leads says it in statuses, and none of them
 * tries it again on Envoys of its own.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #listeners = new Map<string, PeerListener>();
  #server: PeerServer | undefined;
  #client: TlsIdentity | undefined;
  #wanted: readonly string[] = [];

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** A turn is over: what this replica's Envoys refuse, and who the others are, may differ. */
  turned(snapshot: Snapshot, changes: readonly Change[]): void {
    this.#server?.changed();
    // Endpoints change all the time, those of the controller hardly ever.
    const isOurs = (change: Change) => {
      const { kind, namespace } = refOfChange(change);
      return kind === 'EndpointSlice' && namespace === this.#options.namespace;
    };
    if (!changes.some(isOurs)) return;
    this.#wanted = findPeers(snapshot, this.#options);
    this.#listen();
  }

  /** This replica has a certificate, or another one. */
  async identified(identity: IssuedIdentity, authorities: Authorities): Promise<void> {
    const { namespace, leafMs, port, controller } = this.#options;
    const pair = await issueReplica(authorities.signing, namespace, Date.now(), leafMs);
    this.#client = { ...pair, authorities: identity.authorities };
    if (this.#server !== undefined) return this.#server.replaceIdentity(identity);
    this.#server = await createPeerServer({
      address: '0.0.0.0',
      port,
      identity,
      isReplica: (subjectAltName) => isReplica(subjectAltName, namespace),
      message: () => JSON.stringify(controller.refusals()),
    });
    this.#listen();
  }

  async stop(): Promise<void> {
    for (const listener of this.#listeners.values()) listener.stop();
    this.#listeners.clear();
    await this.#server?.close();
  }

  #listen(): void {
    if (this.#client === undefined) return;
    for (const [host, listener] of this.#listeners) {
      if (this.#wanted.includes(host)) continue;
      listener.stop();
      this.#listeners.delete(host);
      // Its Envoys come to another replica, which will know by itself.
      this.#options.controller.learn(host, []);
    }
    const { port, serverName, controller, log } = this.#options;
    for (const host of this.#wanted) {
      if (this.#listeners.has(host)) continue;
      log.debug({ host }, 'listening to another replica');
      const identity = this.#client;
      const heard = (line: string | undefined) => controller.learn(host, line === undefined ? [] : parseRefusals(line));
      const current = () => this.#client ?? identity;
      this.#listeners.set(host, listenToPeer({ host, port, serverName, identity: current, heard }));
    }
  }
}
