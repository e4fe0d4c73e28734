import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { DeltaDiscoveryRequest } from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import type { Clock } from './clock.ts';
import type { Doubts } from './doubts.ts';
import type { Answer, StreamOptions } from './exchange.ts';
import type { Generation } from './generation.ts';
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
}

/** Drives one proxy's state machine by its gRPC stream: no thought of its own, only sockets and timers. */
export class ProxyStream {
  readonly #call: AdsCall;
  readonly #clock: Clock;
  readonly #events: AdsEvents;
  readonly #options: StreamOptions;
  readonly #doubts: Doubts;
  readonly #stream: number;
  readonly #group: string;
  #nodeId = '';
  /** Undefined until the first message, which names the node. */
  #state: StreamState | undefined;
  #generation: Generation | undefined;
  #lastRefusal: Answer | undefined;
  #isWritable = true;
  #isOpen = true;
  #cancelTimer: (() => void) | undefined;

  constructor(call: AdsCall, { stream, group, clock, events, doubts, ...options }: ProxyStreamOptions) {
    this.#call = call;
    this.#stream = stream;
    this.#group = group;
    this.#clock = clock;
    this.#events = events;
    this.#doubts = doubts;
    this.#options = options;
    call.on('data', (message: DeltaDiscoveryRequest) => this.#take(message));
    call.on('drain', () => {
      this.#isWritable = true;
      this.#pump();
    });
  }

  publish(generation: Generation): void {
    this.#generation = generation;
    this.#state?.publish(generation);
    this.#pump();
  }

  /** Forgets the proxy, as the call is over or about to be. */
  close(): void {
    this.#isOpen = false;
    this.#cancelTimer?.();
    if (this.#state === undefined) return;
    this.#doubts.set(this.#nodeId, this.#state.doubts());
    this.#events.onDisconnect?.(this.proxy);
  }

  get proxy(): Proxy {
    return { stream: this.#stream, group: this.#group, nodeId: this.#nodeId };
  }

  get acknowledged(): number | undefined {
    return this.#state?.acknowledged;
  }

  describe(): ProxyState {
    const types = this.#state?.sync() ?? [];
    return { ...this.proxy, acknowledged: this.acknowledged, types, lastRefusal: this.#lastRefusal };
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
    const state = new StreamState(this.#options, this.#doubts.of(nodeId));
    if (this.#generation !== undefined) state.publish(this.#generation);
    this.#state = state;
    this.#events.onConnect?.(this.proxy);
    return state;
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
    const before = state.acknowledged;
    while (this.#isOpen && this.#isWritable) {
      const response = state.next(this.#clock.now());
      if (response === undefined) break;
      this.#isWritable = this.#call.write(response);
    }
    const { acknowledged } = state;
    if (acknowledged !== undefined && acknowledged !== before) this.#events.onSynced?.(this.proxy, acknowledged);
    this.#setTimer(state);
  }

  #setTimer(state: StreamState): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const deadline = this.#isOpen && this.#isWritable ? state.deadline() : undefined;
    if (deadline === undefined) return;
    // A millisecond more than is left, as a timer may be early by a fraction.
    const delayMs = Math.max(0, deadline - this.#clock.now()) + 1;
    this.#cancelTimer = this.#clock.schedule(delayMs, () => this.#pump());
  }
}
