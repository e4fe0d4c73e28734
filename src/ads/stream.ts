import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { DeltaDiscoveryRequest } from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import type { Clock } from '../lib/clock.ts';
import type { Doubts } from './doubts.ts';
import type { Answer, StreamOptions } from './exchange.ts';
import { drainingVariant, type Generation } from './generation.ts';
import type { Mark } from './mark.ts';
import type { AdsEvents, Proxy, ProxyState } from './proxy-state.ts';
import type { DeltaResponse } from './response.ts';
import { StreamState } from './stream-state.ts';

export type AdsCall = ServerDuplexStream<DeltaDiscoveryRequest, DeltaResponse>;

export interface ProxyStreamOptions extends StreamOptions {
  readonly stream: number;
  readonly group: string;
  readonly clock: Clock;
  readonly events: AdsEvents;
  readonly doubts: Doubts;
  /** Age at which the stream is ended, in ms. */
  readonly lifetimeMs: number;
  isDraining(nodeId: string): boolean;
  /** The stream ends by itself, or has been ended. */
  onEnd(): void;
}

/** How long a stream past its age waits for answers, in ms; over the 15 s for which Envoy may withhold one. */
const lastAnswersMs = 20_000;

/** Drives one proxy's state machine by its gRPC stream: no thought of its own, only sockets and timers. */
export class ProxyStream {
  readonly #call: AdsCall;
  readonly #clock: Clock;
  readonly #events: AdsEvents;
  readonly #options: ProxyStreamOptions;
  readonly #started: number;
  #nodeId = '';
  /** Undefined until the first message, which names the node. */
  #state: StreamState | undefined;
  #generation: Generation | undefined;
  #mark: Mark | undefined;
  #lastRefusal: Answer | undefined;
  #isWritable = true;
  #isOpen = true;
  #isDraining = false;
  #isRetiring = false;
  #cancelTimer: (() => void) | undefined;
  #cancelAge: (() => void) | undefined;

  constructor(call: AdsCall, options: ProxyStreamOptions) {
    this.#call = call;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#options = options;
    this.#started = this.#clock.now();
    const { lifetimeMs } = options;
    if (lifetimeMs !== Infinity) this.#cancelAge = this.#clock.schedule(lifetimeMs, () => this.#retire());
    call.on('data', (message: DeltaDiscoveryRequest) => this.#take(message));
    call.on('drain', () => {
      this.#isWritable = true;
      this.#pump();
    });
  }

  publish(generation: Generation): void {
    this.#generation = generation;
    this.#offer();
    this.#pump();
  }

  /** Everything up to this mark is in what was published. */
  reach(mark: Mark): void {
    this.#mark = mark;
    this.#state?.reach(mark);
    if (this.#state?.isBehind === true) this.#pump();
  }

  setDraining(isDraining: boolean): void {
    this.#isDraining = isDraining;
    this.#offer();
    this.#pump();
  }

  /** Forgets the proxy, as the call is over or about to be. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#cancelTimer?.();
    this.#cancelAge?.();
    if (this.#state === undefined) return;
    this.#options.doubts.set(this.#nodeId, this.#state.doubts());
    this.#events.onDisconnect?.(this.proxy);
  }

  get proxy(): Proxy {
    const { stream, group } = this.#options;
    return { stream, group, nodeId: this.#nodeId };
  }

  get acknowledged(): number | undefined {
    return this.#state?.acknowledged;
  }

  describe(): ProxyState {
    return {
      ...this.proxy,
      connectedMs: this.#clock.now() - this.#started,
      acknowledged: this.acknowledged,
      settled: this.#state?.settled ?? false,
      draining: this.#isDraining,
      ahead: this.#state?.isBehind ?? false,
      types: this.#state?.sync() ?? [],
      lastRefusal: this.#lastRefusal,
    };
  }

  #take(message: DeltaDiscoveryRequest): void {
    if (!this.#isOpen) return;
    const state = this.#state ?? this.#begin(message.node?.id ?? '');
    const answer = state.request({
      typeUrl: message.typeUrl,
      subscribe: message.resourceNamesSubscribe,
      unsubscribe: message.resourceNamesUnsubscribe,
      initialVersions: message.initialResourceVersions,
      nonce: message.responseNonce,
      error: message.errorDetail?.message,
    });
    if (answer !== undefined) this.#report(answer);
    this.#pump();
  }

  #begin(nodeId: string): StreamState {
    this.#nodeId = nodeId;
    this.#isDraining = this.#options.isDraining(nodeId);
    const state = new StreamState(this.#options, this.#options.doubts.of(nodeId));
    this.#state = state;
    if (this.#mark !== undefined) state.reach(this.#mark);
    this.#offer();
    this.#events.onConnect?.(this.proxy);
    return state;
  }

  #offer(): void {
    const generation = this.#generation;
    if (generation === undefined) return;
    this.#state?.publish(this.#isDraining ? drainingVariant(generation) : generation);
  }

  #report(answer: Answer): void {
    if (answer.refusal === undefined) {
      this.#events.onAck?.(this.proxy, answer);
      return;
    }
    this.#lastRefusal = answer;
    this.#events.onNack?.(this.proxy, answer);
  }

  #pump(): void {
    const state = this.#state;
    if (state === undefined) return;
    if (this.#isRetiring && !state.awaitsAnswer) return this.#end();
    const before = state.acknowledged;
    while (this.#isOpen && this.#isWritable && !this.#isRetiring) {
      const response = state.next(this.#clock.now());
      if (response === undefined) break;
      this.#isWritable = this.#call.write(response);
    }
    const { acknowledged } = state;
    if (acknowledged !== undefined && acknowledged !== before) this.#events.onSynced?.(this.proxy, acknowledged);
    this.#setTimer(state);
  }

  /** Nothing more is sent; what is unanswered may still be answered, or nobody would know what the proxy has. */
  #retire(): void {
    this.#isRetiring = true;
    if (this.#state?.awaitsAnswer !== true) return this.#end();
    this.#cancelTimer?.();
    this.#cancelAge = this.#clock.schedule(lastAnswersMs, () => this.#end());
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#options.onEnd();
    this.#call.end();
  }

  #setTimer(state: StreamState): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const deadline = this.#isOpen && this.#isWritable && !this.#isRetiring ? state.deadline() : undefined;
    if (deadline === undefined) return;
    // A millisecond more than is left, as a timer may be early by a fraction.
    const delayMs = Math.max(0, deadline - this.#clock.now()) + 1;
    this.#cancelTimer = this.#clock.schedule(delayMs, () => this.#pump());
  }
}
