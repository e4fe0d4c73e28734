import type { Logger } from 'pino';
import type { Metrics } from '../admin/metrics.ts';
import type { TypeUrl } from '../ads/type-url.ts';
import type { GatewayName, Origin } from '../ir/name.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { AnyObject, Kind, ObjectKey } from '../snapshot/object.ts';
import { applyChanges, emptySnapshot, type Change, type Snapshot } from '../snapshot/snapshot.ts';
import type { Quarantine } from '../translate/quarantine.ts';
import type { Translation } from '../translate/translation.ts';
import type { ResourcesByType } from '../xds/build-resources.ts';
import { BindFailures, findTakenAddress } from './bind-failures.ts';
import { createGatewayContainment, type Answer, type GatewayContainment } from './gateway-containment.ts';
import { PeerRefusals, type Refusal, refusalsOf } from './peer-refusals.ts';
import type { Pipeline, PipelineResult } from './pipeline.ts';

/** What the control plane holds after a turn. */
export interface ControlState {
  readonly snapshot: Snapshot;
  readonly translation: Translation;
  readonly resources: ReadonlyMap<GatewayName, ResourcesByType>;
  readonly quarantine: Quarantine;
  /** Ports that other programs have. */
  readonly bindFailures: readonly Diagnostic[];
}

export interface ControllerOptions {
  readonly pipeline: Pipeline;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Gives the proxies of a Gateway what they are to have; called only when that differs. Turns are counted from 1. */
  publish(gateway: GatewayName, resources: ResourcesByType, turn: number): void;
  /** A Gateway is gone. */
  retire(gateway: GatewayName): void;
  /** A turn is over that took in these changes. */
  turned(state: ControlState, turn: number, changes: readonly Change[]): void;
}

/** The loop: changes and answers in, one turn of the pipeline for all that came meanwhile, resources out. */
export interface Controller {
  apply(changes: readonly Change[]): void;
  accepted(gateway: GatewayName, answers: readonly Answer[]): void;
  refused(gateway: GatewayName, answers: readonly Answer[], message: string): void;
  /** Another replica says what its Envoys refuse; an empty list, too, when it is gone. */
  learn(peer: string, refusals: readonly Refusal[]): void;
  /** What the Envoys of this replica refuse. */
  refusals(): readonly Refusal[];
  /** What there is after the last turn; undefined before the first. */
  state(): ControlState | undefined;
  stop(): void;
}

function objectOf(snapshot: Snapshot, origin: Origin): AnyObject | undefined {
  const kind = origin.slice(0, origin.indexOf('/')) as Kind;
  // An origin is the key of the object that it came from.
  return snapshot.collections[kind]?.get(origin as unknown as ObjectKey);
}

/** How long another program is given to let go of a port. */
const rebindMs = 2_000;

function shortType(typeUrl: TypeUrl): string {
  return typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
}

class Loop implements Controller {
  readonly #options: ControllerOptions;
  readonly #containments = new Map<GatewayName, GatewayContainment>();
  readonly #published = new Map<GatewayName, ResourcesByType>();
  #state: ControlState | undefined;
  #snapshot: Snapshot = emptySnapshot;
  #pending: Change[] = [];
  #turns = 0;
  readonly #bindFailures = new BindFailures();
  readonly #peers = new PeerRefusals();
  #scheduled: NodeJS.Immediate | undefined;
  #rebinding: NodeJS.Timeout | undefined;
  /** Gateways whose listeners are offered again when that is over. */
  readonly #blocked = new Set<GatewayName>();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) this.#pending.push(change);
    this.#schedule();
  }

  accepted(gateway: GatewayName, answers: readonly Answer[]): void {
    for (const answer of answers) {
      this.#options.metrics.acks.inc({ type: shortType(answer.typeUrl) });
      const bound = this.#bindFailures.settle(gateway, answer);
      if (this.#containments.get(gateway)?.accepted(answer) === true || bound) this.#schedule();
    }
  }

  refused(gateway: GatewayName, answers: readonly Answer[], message: string): void {
    const { log, metrics } = this.#options;
    const taken = findTakenAddress(message);
    if (taken !== undefined) return this.#cannotBind(gateway, answers, taken);
    log.warn({ gateway, resources: answers.map(({ name }) => name), reason: message }, 'Envoy refuses a resource');
    for (const answer of answers) {
      metrics.nacks.inc({ type: shortType(answer.typeUrl) });
      if (this.#containmentOf(gateway).refused(answer, message, (origin) => this.#textOf(origin))) this.#schedule();
    }
  }

  #cannotBind(gateway: GatewayName, answers: readonly Answer[], address: string): void {
    for (const { name } of answers) if (this.#bindFailures.add(gateway, name, address)) this.#schedule();
    this.#blocked.add(gateway);
    this.#rebinding ??= setTimeout(() => {
      this.#rebinding = undefined;
      for (const blocked of this.#blocked) this.#published.delete(blocked);
      this.#blocked.clear();
      this.#schedule();
    }, rebindMs);
  }

  learn(peer: string, refusals: readonly Refusal[]): void {
    if (this.#peers.learn(peer, refusals)) this.#schedule();
  }

  refusals(): readonly Refusal[] {
    return refusalsOf(this.#ownQuarantine(), (origin) => objectOf(this.#snapshot, origin));
  }

  state(): ControlState | undefined {
    return this.#state;
  }

  stop(): void {
    clearTimeout(this.#rebinding);
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
  }

  // After the events that are waiting already: one turn for all of them.
  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = undefined;
    const started = performance.now();
    const changes = this.#pending;
    this.#snapshot = applyChanges(this.#snapshot, changes);
    this.#pending = [];
    this.#turns += 1;
    for (const containment of this.#containments.values()) containment.release();
    const quarantine = this.#quarantine();
    const result = this.#options.pipeline.run(this.#snapshot, quarantine);
    const { translation, resources } = result;
    this.#bindFailures.retain(resources);
    const state = {
      snapshot: this.#snapshot,
      quarantine,
      resources,
      translation,
      bindFailures: this.#bindFailures.diagnostics(),
    };
    this.#state = state;
    const again = this.#publish(result);
    measure(this.#options.metrics, state, (performance.now() - started) / 1000);
    this.#options.turned(state, this.#turns, changes);
    if (again) this.#schedule();
  }

  #quarantine(): Quarantine {
    return this.#peers.addTo(this.#ownQuarantine(), (origin) => objectOf(this.#snapshot, origin));
  }

  #ownQuarantine(): Quarantine {
    const entries = [...this.#containments].map(([name, containment]) => [name, containment.leftOut()] as const);
    return new Map(entries.filter(([, out]) => out.size > 0));
  }

  /** True: an answer is known already for something just published, so another turn is needed. */
  #publish(result: PipelineResult): boolean {
    let again = false;
    for (const [gateway, resources] of result.resources) {
      if (this.#published.get(gateway) === resources) continue;
      this.#published.set(gateway, resources);
      this.#options.metrics.published.inc();
      const offered = this.#bindFailures.offerAgain(gateway, resources);
      again = this.#containmentOf(gateway).published(offered) || again;
      this.#options.publish(gateway, offered, this.#turns);
    }
    for (const gateway of this.#published.keys()) {
      if (result.resources.has(gateway)) continue;
      this.#published.delete(gateway);
      this.#containments.delete(gateway);
      this.#options.retire(gateway);
    }
    return again;
  }

  #containmentOf(gateway: GatewayName): GatewayContainment {
    const known = this.#containments.get(gateway);
    if (known !== undefined) return known;
    const containment = createGatewayContainment((origin) => objectOf(this.#snapshot, origin));
    this.#containments.set(gateway, containment);
    return containment;
  }

  #textOf(origin: Origin): string | undefined {
    const object = objectOf(this.#snapshot, origin);
    // Private keys are no hint: only what routes, Gateways and policies say is compared.
    return object === undefined || object.kind === 'Secret' ? undefined : JSON.stringify(object);
  }
}

function measure(metrics: Metrics, { snapshot, quarantine }: ControlState, seconds: number): void {
  metrics.turns.inc();
  metrics.turnSeconds.observe(seconds);
  for (const [kind, collection] of Object.entries(snapshot.collections)) metrics.objects.set({ kind }, collection.size);
  let quarantined = 0;
  for (const out of quarantine.values()) for (const said of out.values()) if (said !== undefined) quarantined += 1;
  metrics.quarantined.set(quarantined);
}

/** A loop that does nothing before the first `apply`. */
export function createController(options: ControllerOptions): Controller {
  return new Loop(options);
}
