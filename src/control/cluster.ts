import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Metrics } from '../admin/metrics.ts';
import { parseMark } from '../ads/mark.ts';
import type { AdsServer } from '../ads/server.ts';
import type { ProxyState } from '../ads/proxy-state.ts';
import type { InfrastructureProblems } from '../infra/kubernetes/infrastructure.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Feature } from '../kube/discovery.ts';
import { createKubeSource, type KubeSource } from '../kube/source.ts';
import type { Validate } from '../snapshot/files/validation.ts';
import { wallClock } from '../lib/clock.ts';
import { type Kind, kindTable, type ObjectRef } from '../snapshot/object.ts';
import type { Change } from '../snapshot/snapshot.ts';
import { createStatusWriter, type StatusWriter } from '../status/writer.ts';
import type { TranslateOptions } from '../translate/options.ts';
import type { XdsOptions } from '../xds/options.ts';
import { createController, type Controller, type ControlState } from './controller.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { Draining } from './draining.ts';
import { createFindings, type Finding, type Findings } from './findings.ts';
import { withInfrastructureProblems } from './infrastructure-status.ts';
import { withInvalidObjects } from './invalid-objects.ts';
import { withInstalledFeatures } from './installed-features.ts';
import { findUnjudgedGateways, isSpared, noUnjudgedGateways } from './unjudged-gateways.ts';
import { createKubeStatusStore } from './kube-status-store.ts';
import { type ObjectLiveness, problemsAmong } from './liveness.ts';
import { createPipeline } from './pipeline.ts';
import { createReadingMetrics } from './reading-metrics.ts';

export interface ClusterOptions {
  readonly client: KubeClient;
  readonly validate: Validate;
  readonly translate: TranslateOptions;
  readonly xds: XdsOptions;
  /** Only these namespaces are read; absent: all. */
  readonly namespaces?: readonly string[];
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Every watch is synced: proxies can be served. */
  synced(): void;
  /** A turn of the loop is over that took in these changes. */
  turned(state: ControlState, changes: readonly Change[]): void;
  /** Something new is wrong, or a finding no longer stands. */
  found(finding: Finding, stands: boolean): void;
}

/** The control plane of a cluster, apart from who leads and what runs there: objects in, resources and statuses out. */
export interface Cluster {
  readonly ads: AdsServer;
  readonly controller: Controller;
  readonly source: KubeSource;
  features(): readonly Feature[];
  findings(): readonly Finding[];
  liveness(ref: ObjectRef, state: ControlState): ObjectLiveness;
  proxies(): readonly ProxyState[];
  /** What is not there yet for this replica to be ready. */
  waitingFor(): readonly string[];
  /** What stands in the way of the Envoys of Gateways, for their statuses. */
  tellProblems(problems: InfrastructureProblems): void;
  /** Whether statuses are written by this replica. */
  lead(isLeader: boolean): void;
  stop(): Promise<void>;
}

/** How long proxies are waited for before a replica is ready without them, in milliseconds: one may be stuck. */
const patienceMs = 30_000;

/** How long statuses are gathered before they are written, in milliseconds: traffic goes first. */
const statusMs = 50;

/** How long the status of an object stays after it was written, in milliseconds. */
const restMs = 500;

/** Every kind that is read. */
const wants = Object.keys(kindTable) as Kind[];

class KubernetesCluster implements Cluster {
  readonly controller: Controller;
  readonly source: KubeSource;
  readonly #discovery: Discovery;
  readonly #draining: Draining;
  readonly #findings: Findings;
  readonly #statuses: StatusWriter;
  readonly #hourly: NodeJS.Timeout;
  readonly #controllerName: string;
  #features: readonly Feature[] = [];
  #isSynced = false;
  #isReady = false;
  #syncedAt = 0;
  #leads = false;
  #statusTimer: NodeJS.Timeout | undefined;
  #problems: InfrastructureProblems = new Map();
  #unjudged = noUnjudgedGateways;

  constructor(options: ClusterOptions) {
    const { metrics, log, client } = options;
    this.#controllerName = options.translate.controllerName;
    this.#discovery = createDiscovery({
      metrics,
      controller: () => this.controller,
      mark: () => parseMark(this.source.resourceVersion()),
      connected: (proxy) => this.#draining.connected(proxy),
    });
    this.#draining = new Draining(this.#discovery.ads);
    this.controller = createController({
      pipeline: createPipeline(options.translate, options.xds),
      metrics,
      log,
      publish: (gateway, resources, turn) => this.#discovery.publish(gateway, resources, turn),
      retire: (gateway) => this.#discovery.retire(gateway),
      turned: (state, turn, changes) => {
        this.#discovery.turned(turn, changes);
        this.#draining.update(state);
        this.#findings.refresh();
        this.#planStatuses();
        options.turned(state, changes);
      },
    });
    this.#findings = createFindings({
      reading: () => this.source.diagnostics(),
      state: () => this.controller.state(),
      locate: () => undefined,
      found: (finding, stands) => options.found(finding, stands),
      metrics,
    });
    this.source = createKubeSource({
      client,
      validate: options.validate,
      wants,
      ...(options.namespaces === undefined ? {} : { namespaces: options.namespaces }),
      onChange: (changes) => {
        // Before everything is read an empty batch tells of findings only, and a turn would publish too little.
        if (changes.length > 0 || this.#isSynced) this.controller.apply(changes);
        this.#findings.refresh();
        this.#planStatuses();
      },
      onObserved: (ref) => this.#statuses.observe(ref),
      onSynced: () => {
        this.#isSynced = true;
        this.#syncedAt = performance.now();
        this.controller.apply([]);
        options.synced();
      },
      onFeatures: (features) => this.#takeFeatures(features, log),
      log,
      metrics: createReadingMetrics(metrics.registry),
    });
    this.#statuses = this.#createStatusWriter(options);
    // Certificates end without anybody changing anything.
    this.#hourly = setInterval(() => this.#findings.refresh(), 60 * 60 * 1000);
  }

  get ads(): AdsServer {
    return this.#discovery.ads;
  }

  features(): readonly Feature[] {
    return this.#features;
  }

  findings(): readonly Finding[] {
    return this.#findings.current();
  }

  liveness(ref: ObjectRef, state: ControlState): ObjectLiveness {
    const told = this.#discovery.liveness(ref, state);
    const unread = problemsAmong(this.source.diagnostics(), ref);
    return { ...told, found: told.found || unread.length > 0, problems: [...unread, ...told.problems] };
  }

  proxies(): readonly ProxyState[] {
    return this.ads.state();
  }

  waitingFor(): readonly string[] {
    if (this.#isReady) return [];
    const unsynced = wants.filter((kind) => !this.source.synced(kind)).map((kind) => `${kind} objects`);
    if (!this.#isSynced) return unsynced.length === 0 ? ['the API server'] : unsynced;
    if (this.controller.state() === undefined) return ['the first turn'];
    const behind = this.#discovery.catchingUp();
    this.#isReady = behind.length === 0 || performance.now() - this.#syncedAt > patienceMs;
    if (this.#isReady) return [];
    return behind.map((name) => `the proxies of Gateway ${name}`);
  }

  lead(isLeader: boolean): void {
    this.#leads = isLeader;
    // What was wanted when it led last is old.
    if (isLeader) this.#tellStatuses();
    this.#statuses.setActive(isLeader);
  }

  async stop(): Promise<void> {
    clearInterval(this.#hourly);
    clearTimeout(this.#statusTimer);
    this.source.close();
    this.controller.stop();
    this.#findings.stop();
    this.#statuses.stop();
    await this.ads.close();
  }

  #createStatusWriter({ client, translate, metrics, log }: ClusterOptions): StatusWriter {
    return createStatusWriter({
      store: createKubeStatusStore(client, this.source),
      controllerName: translate.controllerName,
      log,
      clock: wallClock,
      restMs,
      spares: (ref, entry) => isSpared(this.#unjudged, ref, entry),
      written: (ref, outcome) => metrics.statusWrites.inc({ kind: ref.kind, outcome }),
    });
  }

  tellProblems(problems: InfrastructureProblems): void {
    this.#problems = problems;
    this.#planStatuses();
  }

  /** Nobody asks a follower for statuses, and making them is half of what a change costs. */
  #planStatuses(): void {
    if (!this.#leads) return;
    this.#statusTimer ??= setTimeout(() => this.#tellStatuses(), statusMs);
  }

  #tellStatuses(): void {
    clearTimeout(this.#statusTimer);
    this.#statusTimer = undefined;
    const state = this.controller.state();
    if (state === undefined) return;
    const { statuses, gateways } = state.translation;
    const invalid = this.source.invalid();
    const unjudged = findUnjudgedGateways(state.snapshot, invalid, this.#controllerName);
    const isOther = !isDeepStrictEqual(unjudged, this.#unjudged);
    this.#unjudged = unjudged;
    const told = withInfrastructureProblems(statuses, gateways, this.#problems);
    const complete = withInvalidObjects(told, invalid, {
      controllerName: this.#controllerName,
      gateways,
      classes: state.snapshot.collections.GatewayClass,
    });
    this.#statuses.update(withInstalledFeatures(complete, this.#features));
    // What was left for a Gateway that can be judged now, or is gone, is taken back.
    if (isOther) this.#statuses.reconsider();
  }

  #takeFeatures(features: readonly Feature[], log: Logger): void {
    this.#features = features;
    this.#planStatuses();
    for (const feature of features) {
      if (feature.kind === 'NotInstalled') log.info({ kind: feature.of }, 'off: the definition is not installed');
      if (feature.kind === 'UnreadableVersions')
        log.warn({ kind: feature.of, versions: feature.versions }, 'off: only versions are served that are not read');
    }
  }
}

/** Follows a cluster's objects and serves its proxies; nothing is published before every watch is synced. */
export function createCluster(options: ClusterOptions): Cluster {
  return new KubernetesCluster(options);
}
