import { type GatewayName, gatewayName } from '../../ir/name.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/error.ts';
import type { GatewayIdentity } from '../authority/identity.ts';
import { maintainAuthorities } from '../authority/maintain.ts';
import type { Lifetimes } from '../authority/plan.ts';
import type { KubernetesClient } from './client.ts';
import { refOf } from './object.ts';
import { gatewayOf } from './parts.ts';
import {
  applyGateway,
  findUnneeded,
  type InfrastructureProblem,
  type Live,
  readLive,
  renewCertificate,
  type TurnOptions,
} from './turn.ts';
import type { RenderOptions, WantedGateway } from './wanted.ts';

/** What is to run in the cluster. */
export interface WantedInfrastructure {
  readonly gateways: readonly WantedGateway[];
  /** uids of other Gateways of ours whose proxies stay as they are, such as those with a mistake in them. */
  readonly kept: ReadonlySet<string>;
  /** Names of GatewayClasses of other controllers: what was made for their Gateways is another installation's. */
  readonly foreignClasses: ReadonlySet<string>;
}

export type InfrastructureProblems = ReadonlyMap<GatewayName, InfrastructureProblem>;

export interface InfrastructureOptions {
  readonly client: KubernetesClient;
  /** Of the controller, where its authorities are kept. */
  readonly namespace: string;
  readonly lifetimes: Lifetimes;
  readonly render: RenderOptions;
  /** The time of day. */
  readonly clock: Clock;
  /** The problems are others than they were. */
  changed(problems: InfrastructureProblems): void;
}

/** The Envoys of a cluster: for the one replica that leads. */
export interface Infrastructure {
  /**
   * Makes the cluster what is wanted, and keeps it so. What was made for Gateways that are not named is deleted, so
   * that this must not be called before all Gateways are known.
   */
  apply(wanted: WantedInfrastructure): void;
  /** Looks again: an object of ours has been changed or deleted by somebody. */
  refresh(): void;
  problems(): InfrastructureProblems;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Stops looking; what is under way ends. Nothing in the cluster is deleted. */
  stop(): Promise<void>;
}

/** Objects that were changed behind our back are put right within this time, whoever tells of it. */
const longestWaitMs = 60_000;
const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** What a Gateway of the same name has left behind is gone soon. */
const conflictRetryMs = 5_000;
/** Gateways at a time. */
const width = 8;

async function forEachAtOnce<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function nameOf({ namespace, name }: GatewayIdentity): GatewayName {
  return gatewayName(namespace, name);
}

function failure(error: unknown): InfrastructureProblem {
  return { reason: 'Failed', message: `The cluster can't be brought up to date: ${messageOf(error)}` };
}

interface Outcome {
  readonly problems: Map<GatewayName, InfrastructureProblem>;
  until: number;
  failed: boolean;
}

class Loop implements Infrastructure {
  readonly #options: InfrastructureOptions;
  #wanted: WantedInfrastructure | undefined;
  #problems: InfrastructureProblems = new Map();
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #failures = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: InfrastructureOptions) {
    this.#options = options;
  }

  apply(wanted: WantedInfrastructure): void {
    this.#wanted = wanted;
    this.refresh();
  }

  refresh(): void {
    if (this.#stopped || this.#wanted === undefined) return;
    this.#again = true;
    this.#running ??= this.#run();
  }

  problems(): InfrastructureProblems {
    return this.#problems;
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    this.#cancelTimer?.();
    await this.idle();
  }

  async #run(): Promise<void> {
    this.#cancelTimer?.();
    let until = 0;
    while (this.#again && this.#wanted !== undefined) {
      this.#again = false;
      until = await this.#turn(this.#wanted);
    }
    this.#running = undefined;
    if (this.#stopped) return;
    const delayMs = Math.max(firstRetryMs, Math.min(longestWaitMs, until - this.#options.clock.now()));
    this.#cancelTimer = this.#options.clock.schedule(delayMs, () => this.refresh());
  }

  /** Returns when to look again, in milliseconds since 1970. */
  async #turn(wanted: WantedInfrastructure): Promise<number> {
    const outcome: Outcome = { problems: new Map(), until: Infinity, failed: false };
    try {
      await this.#bring(wanted, outcome);
    } catch (error) {
      outcome.failed = true;
      for (const { gateway } of wanted.gateways) {
        outcome.problems.set(nameOf(gateway), failure(error));
      }
    }
    this.#report(outcome.problems);
    this.#failures = outcome.failed ? this.#failures + 1 : 0;
    if (!outcome.failed) return outcome.until;
    return this.#options.clock.now() + Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1));
  }

  async #bring(wanted: WantedInfrastructure, outcome: Outcome): Promise<void> {
    const { client, namespace, lifetimes, render, clock } = this.#options;
    const maintained = await maintainAuthorities({ client, namespace, lifetimes, now: () => clock.now() });
    if (!maintained.ok) throw new Error(maintained.error);
    const { authorities, until } = maintained.value;
    outcome.until = until;
    const certificates = { authorities, leafMs: lifetimes.leafMs, now: clock.now() };
    const options: TurnOptions = { client, render, certificates };
    const live = await readLive(client, wanted.foreignClasses);
    /** Keys of objects, each with the Gateway that needs it. */
    const needed = new Map<string, string>();
    const untouched = new Set(wanted.kept);
    await forEachAtOnce(wanted.gateways, async (entry) => {
      const { uid } = entry.gateway;
      // Unless all goes well, what it had serves on.
      untouched.add(uid);
      await this.#attempt(entry.gateway, outcome, async () => {
        const { keys, until: again, problem } = await applyGateway(entry, live, options);
        outcome.until = Math.min(outcome.until, again);
        if (problem === undefined) {
          for (const key of keys) needed.set(key, uid);
          untouched.delete(uid);
          return;
        }
        outcome.problems.set(nameOf(entry.gateway), problem);
        outcome.until = Math.min(outcome.until, clock.now() + conflictRetryMs);
      });
    });
    await this.#renewKept(wanted, live, options, outcome);
    const unneeded = findUnneeded(live, (key, { uid }) => needed.get(key) === uid || untouched.has(uid));
    await forEachAtOnce(unneeded, ({ object, uid, gateway }) =>
      this.#attempt(gateway, outcome, () => client.delete(refOf(object), uid)),
    );
  }

  async #renewKept(wanted: WantedInfrastructure, live: Live, options: TurnOptions, outcome: Outcome): Promise<void> {
    for (const object of live.values()) {
      const gateway = object.kind === 'Secret' ? gatewayOf(object) : undefined;
      if (gateway === undefined || !wanted.kept.has(gateway.uid)) continue;
      await this.#attempt(gateway, outcome, async () => {
        outcome.until = Math.min(outcome.until, await renewCertificate(object, gateway, options));
      });
    }
  }

  /** One Gateway's trouble is not another's. Nothing more is begun once this replica leads no longer. */
  async #attempt(gateway: GatewayIdentity, outcome: Outcome, action: () => Promise<void>): Promise<void> {
    if (this.#stopped) return;
    try {
      await action();
    } catch (error) {
      outcome.failed = true;
      outcome.problems.set(nameOf(gateway), failure(error));
    }
  }

  #report(problems: InfrastructureProblems): void {
    // Another replica tells from here on.
    if (this.#stopped) return;
    const text = (all: InfrastructureProblems) => JSON.stringify([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
    const same = text(problems) === text(this.#problems);
    this.#problems = problems;
    if (!same) this.#options.changed(problems);
  }
}

/** Makes a loop that does nothing before it is told what is wanted. */
export function createInfrastructure(options: InfrastructureOptions): Infrastructure {
  return new Loop(options);
}
