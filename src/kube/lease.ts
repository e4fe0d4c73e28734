import type { Logger } from 'pino';
import { type Clock, steadyClock } from '../lib/clock.ts';
import type { KubeClient } from './client.ts';
import {
  advanceLeadership,
  initialLeadership,
  type Leadership,
  type LeaseEffect,
  type LeaseInput,
  leaseMs,
  type LeaseRecord,
  renewMs,
  retryMs,
} from './leadership.ts';
import { type Resource, resourcePath } from './resource.ts';
import { isRawObject } from './watch-event.ts';

const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  name: 'leases',
  namespaced: true,
};

export interface ElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of the Lease that all replicas share. */
  readonly name: string;
  /** Of this replica; no other may have it. */
  readonly identity: string;
  /** Called when this replica begins to lead, and when it no longer does. */
  onChange(leading: boolean): void;
  /** Steady; by default that of the process. */
  readonly clock?: Clock;
  readonly log: Logger;
}

/** Takes part in the election of a leader until stopped. Not leading is no failure: everything else goes on. */
export interface Election {
  leading(): boolean;
  /** Gives the Lease up where it is held, so that another replica need not wait for its end. */
  stop(): Promise<void>;
}

class LeaseElection implements Election {
  readonly #options: ElectionOptions;
  readonly #clock: Clock;
  #state: Leadership = initialLeadership;
  #running: Promise<void> | undefined;
  #stopped = false;
  #cancelTick = () => {};
  #cancelDeadline = () => {};

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
    this.#tick();
  }

  leading(): boolean {
    return this.#state.kind === 'Leading';
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick();
    // What is under way may make the Lease ours once more.
    await this.#running;
    const state = this.#state;
    if (state.kind !== 'Leading') return;
    this.#become(initialLeadership);
    if (state.lease !== undefined) await this.#put(state.lease, { ...this.#specOver(state.lease), holderIdentity: '' });
  }

  #tick(): void {
    const { nowMs } = this.#now();
    // Jitter, so that replicas that started together do not always collide.
    this.#cancelTick = this.#clock.schedule(retryMs * (0.9 + Math.random() * 0.2), () => this.#tick());
    // A request that hangs is given up in time; the next tick comes all the same.
    this.#running ??= this.#run({ kind: 'Tick', nowMs }).finally(() => (this.#running = undefined));
  }

  #now(): { readonly nowMs: number } {
    return { nowMs: this.#clock.now() };
  }

  async #run(input: LeaseInput): Promise<void> {
    let next: LeaseInput | undefined = input;
    while (next !== undefined) {
      const step = advanceLeadership(this.#state, this.#options.identity, next);
      this.#become(step.state);
      next = step.effect === undefined || this.#stopped ? undefined : await this.#act(step.effect);
    }
  }

  async #act(effect: LeaseEffect): Promise<LeaseInput> {
    if (effect.kind === 'Read') return this.#read();
    const begunMs = this.#clock.now();
    const lease = await this.#put(effect.over, this.#specOver(effect.over));
    return lease === undefined
      ? { kind: 'Failed', ...this.#now() }
      : { kind: 'Written', ...this.#now(), begunMs, lease };
  }

  async #read(): Promise<LeaseInput> {
    const { client, namespace, name } = this.#options;
    const answer = await client.request('GET', resourcePath(leases, namespace, name), { timeoutMs: retryMs * 2 });
    if (answer.ok) return { kind: 'Read', ...this.#now(), lease: recordOf(answer.value) };
    if (answer.error.kind === 'NotFound') return { kind: 'Read', ...this.#now(), lease: undefined };
    this.#options.log.warn({ failure: answer.error.kind }, `reading the Lease ${name}: ${answer.error.message}`);
    return { kind: 'Failed', ...this.#now() };
  }

  #specOver(over: LeaseRecord | undefined) {
    const { identity } = this.#options;
    const now = microTime(new Date());
    const isOurs = over?.holder === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: leaseMs / 1000,
      acquireTime: isOurs ? (over.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: over === undefined ? 0 : over.transitions + (isOurs ? 0 : 1),
    };
  }

  async #put(over: LeaseRecord | undefined, spec: object): Promise<LeaseRecord | undefined> {
    const { client, namespace, name, log } = this.#options;
    const version = over === undefined ? {} : { resourceVersion: over.resourceVersion };
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace, ...version },
      spec,
    };
    const answer =
      over === undefined
        ? await client.request('POST', resourcePath(leases, namespace), { body, timeoutMs: retryMs * 2 })
        : await client.request('PUT', resourcePath(leases, namespace, name), { body, timeoutMs: retryMs * 2 });
    if (answer.ok) return recordOf(answer.value);
    const { kind, message } = answer.error;
    // Another replica was quicker.
    if (kind !== 'Conflict' && kind !== 'AlreadyExists') log.warn({ failure: kind }, `writing the Lease: ${message}`);
    return undefined;
  }

  #become(state: Leadership): void {
    const before = this.#state;
    this.#state = state;
    if (state.kind === 'Leading' && (before.kind !== 'Leading' || before.renewedMs !== state.renewedMs)) {
      this.#cancelDeadline();
      const leftMs = Math.max(0, state.renewedMs + renewMs - this.#clock.now());
      // Of its own accord, as a request may hang meanwhile.
      this.#cancelDeadline = this.#clock.schedule(leftMs, () => this.#become(initialLeadership));
    }
    if (before.kind === state.kind) return;
    if (state.kind === 'Following') this.#cancelDeadline();
    this.#options.log.info({ leading: state.kind === 'Leading' }, 'leadership changed');
    this.#options.onChange(state.kind === 'Leading');
  }
}

/** The API's MicroTime: RFC 3339 with six decimals. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  readonly acquireTime?: string;
}

function recordOf(value: unknown): LeaseRecord | undefined {
  if (!isRawObject(value)) return undefined;
  const spec = (value['spec'] ?? {}) as LeaseSpec;
  return {
    holder: spec.holderIdentity ?? '',
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec.leaseTransitions ?? 0,
    acquireTime: spec.acquireTime,
    resourceVersion: value.metadata.resourceVersion,
  };
}

/** Joins the election for a Lease at once. */
export function createElection(options: ElectionOptions): Election {
  return new LeaseElection(options);
}
