import { createMetrics, type Metrics } from '../admin/metrics.ts';
import { type AdminServer, type AdminViews, createAdminServer, createHealthServer } from '../admin/server.ts';
import { defaultLifetimes } from '../infra/authority/plan.ts';
import {
  createInfrastructure,
  type Infrastructure,
  type InfrastructureProblems,
} from '../infra/kubernetes/infrastructure.ts';
import type { RenderOptions } from '../infra/kubernetes/wanted.ts';
import type { InvalidObject } from '../kube/kept.ts';
import { createElection } from '../kube/lease.ts';
import { wallClock } from '../lib/clock.ts';
import { objectKey } from '../snapshot/object.ts';
import { adminViews } from './admin-views.ts';
import { type Cluster, type ClusterOptions, createCluster } from './cluster.ts';
import type { ControlState } from './controller.ts';
import { createInfrastructureClient } from './kube-infrastructure-client.ts';
import { Peers } from './peers.ts';
import { wantedInfrastructure } from './wanted-gateways.ts';
import { createXdsServer, type XdsServer } from './xds-server.ts';

export interface RunClusterOptions extends Omit<ClusterOptions, 'metrics' | 'turned' | 'synced'> {
  /** Of the controller: its authorities and the Lease are kept there. */
  readonly namespace: string;
  /** Of this replica. */
  readonly identity: string;
  readonly xdsListen: { readonly address: string; readonly port: number };
  readonly render: RenderOptions;
  /** Other replicas are told what this one's Envoys refuse; absent: there are none. */
  readonly peer?: { readonly ownAddress: string; readonly port: number };
  /** Health and metrics, for probes and scrapers. */
  readonly health: { readonly address: string; readonly port: number };
  /** Dumps; a loopback address. */
  readonly admin: { readonly address: string; readonly port: number };
}

/** A replica of the controller in a cluster. */
export interface RunCluster {
  readonly cluster: Cluster;
  readonly admin: AdminServer;
  readonly health: AdminServer;
  leading(): boolean;
  /** The port of discovery; undefined while it is not served. */
  xdsPort(): number | undefined;
  stop(): Promise<void>;
}

/** Applies what is wanted when it differs, and only while this replica leads: a follower does not even work it out. */
class LedInfrastructure {
  readonly #create: () => Infrastructure;
  readonly #controllerName: string;
  #infrastructure: Infrastructure | undefined;
  #state: ControlState | undefined;
  #invalid: readonly InvalidObject[] = [];
  #applied = '';

  constructor(controllerName: string, create: () => Infrastructure) {
    this.#controllerName = controllerName;
    this.#create = create;
  }

  want(state: ControlState, invalid: readonly InvalidObject[]): void {
    this.#state = state;
    this.#invalid = invalid;
    this.#apply();
  }

  lead(isLeader: boolean): void {
    this.#applied = '';
    const before = this.#infrastructure;
    this.#infrastructure = isLeader ? this.#create() : undefined;
    void before?.stop();
    this.#apply();
  }

  async stop(): Promise<void> {
    await this.#infrastructure?.stop();
  }

  #apply(): void {
    if (this.#infrastructure === undefined || this.#state === undefined) return;
    const wanted = wantedInfrastructure(this.#state, this.#controllerName, this.#invalid);
    const { gateways, kept, foreignClasses } = wanted;
    const text = JSON.stringify([gateways, [...kept], [...foreignClasses]]);
    if (text === this.#applied) return;
    this.#applied = text;
    this.#infrastructure.apply(wanted);
  }
}

/** Absent where this replica does not know its own address, as outside of a Pod. */
function createPeers({ peer, namespace, render, log }: RunClusterOptions, cluster: Cluster): Peers | undefined {
  if (peer === undefined) return undefined;
  const { host } = render.discovery;
  return new Peers({
    controller: cluster.controller,
    namespace,
    service: host.split('.')[0] ?? host,
    serverName: host,
    ownAddress: peer.ownAddress,
    port: peer.port,
    leafMs: defaultLifetimes.leafMs,
    log,
  });
}

function serveXds(options: RunClusterOptions, cluster: Cluster, peers: Peers | undefined): XdsServer {
  const { client, namespace, log, render, xdsListen } = options;
  return createXdsServer({
    ads: cluster.ads,
    client: createInfrastructureClient(client),
    namespace,
    dnsNames: [render.discovery.host],
    ...xdsListen,
    leafMs: defaultLifetimes.leafMs,
    clock: wallClock,
    log,
    ...(peers === undefined ? {} : { identified: (identity, authorities) => peers.identified(identity, authorities) }),
    uidOf(name) {
      const state = cluster.controller.state();
      const own = state?.translation.gateways.find((gateway) => gateway.name === name);
      return own && state?.snapshot.collections.Gateway.get(objectKey(own.gateway))?.metadata.uid;
    },
  });
}

/** `serves`: whether proxies can reach discovery, which takes the authorities that the leader makes. */
function viewsOf(cluster: Cluster, metrics: Metrics, leading: () => boolean, serves: () => boolean): AdminViews {
  return adminViews(
    {
      state: () => cluster.controller.state(),
      proxies: () => cluster.proxies(),
      liveness: (ref, state) => cluster.liveness(ref, state),
      leading,
      waitingFor: () => Promise.resolve([...cluster.waitingFor(), ...(serves() ? [] : ['an authority to serve by'])]),
    },
    metrics.registry,
    () => cluster.findings(),
  );
}

function ledInfrastructure(
  { client, namespaces, namespace, render, translate, log }: RunClusterOptions,
  tell: (problems: InfrastructureProblems) => void,
): LedInfrastructure {
  return new LedInfrastructure(translate.controllerName, () =>
    createInfrastructure({
      client: createInfrastructureClient(client, namespaces),
      namespace,
      lifetimes: defaultLifetimes,
      render,
      clock: wallClock,
      changed(problems) {
        for (const [gateway, { message }] of problems)
          log.warn({ gateway, reason: message }, 'its Envoys are not as wanted');
        tell(problems);
      },
    }),
  );
}

/** Runs a replica: every replica serves its proxies, the one that leads writes statuses and runs Envoys. */
export async function runCluster(options: RunClusterOptions): Promise<RunCluster> {
  const { client, namespace, identity, log } = options;
  const metrics = createMetrics();
  const infrastructure = ledInfrastructure(options, (problems) => cluster.tellProblems(problems));
  let xds: XdsServer | undefined;
  let peers: Peers | undefined;
  const cluster = createCluster({
    ...options,
    metrics,
    turned(state, changes) {
      infrastructure.want(state, cluster.source.invalid());
      peers?.turned(state.snapshot, changes);
    },
    // A proxy that is answered before everything is read would lose what it has.
    synced() {
      xds ??= serveXds(options, cluster, peers);
    },
  });
  peers = createPeers(options, cluster);
  const election = createElection({
    client,
    namespace,
    name: 'sallyport-leader',
    identity,
    log,
    onChange(isLeader) {
      cluster.lead(isLeader);
      // What stood in the way when this replica led before may be gone.
      if (!isLeader) cluster.tellProblems(new Map());
      infrastructure.lead(isLeader);
    },
  });
  const views = viewsOf(
    cluster,
    metrics,
    () => election.leading(),
    () => xds?.port() !== undefined,
  );
  const servers: AdminServer[] = [];
  const stop = async () => {
    await election.stop();
    await infrastructure.stop();
    await xds?.stop();
    await peers?.stop();
    await cluster.stop();
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const health = await createHealthServer(views, options.health.address, options.health.port);
    servers.push(health);
    const admin = await createAdminServer(views, options.admin.address, options.admin.port);
    servers.push(admin);
    return { cluster, health, admin, leading: () => election.leading(), xdsPort: () => xds?.port(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
