import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { DeltaDiscoveryRequest } from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import type { Clock } from './clock.ts';
import type { Generation } from './generation.ts';
import type { AdsEvents, Proxy, ProxyState } from './proxy-state.ts';
import type { DeltaResponse } from './response.ts';
import { type Answer, type StreamOptions, StreamState } from './stream-state.ts';

export type AdsCall = ServerDuplexStream<DeltaDiscoveryRequest, DeltaResponse>;

/** Drives one proxy's state machine by its gRPC stream: no thought of its own, only sockets and timers. */
export class ProxyStream {
  readonly #call: AdsCall;
  readonly #clock: Clock;
  readonly #events: AdsEvents;
  readonly #state: StreamState;
  readonly #stream: number;
  readonly #group: string;
  #nodeId = '';
  /** Whether the first message, which names the node, has come. */
  #isAnnounced = false;
  #lastRefusal: Answer | undefined;
  #isWritable = true;
  #isOpen = true;
  #cancelTimer: (() => void) | undefined;

  constructor(call: AdsCall, stream: number, group: string, options: StreamOptions, clock: Clock, events: AdsEvents) {
    this.#call = call;
    this.#stream = stream;
    this.#group = group;
    this.#clock = clock;
    this.#events = events;
    this.#state = new StreamState(options);
    call.on('data', (message: DeltaDiscoveryRequest) => this.#take(message));
    call.on('drain', () => {
      this.#isWritable = true;
      this.#pump();
    });
  }

  publish(generation: Generation): void {
    this.#state.publish(generation);
    this.#pump();
  }

  /** Forgets the proxy; the call is over or about to be. */
  close(): void {
    this.#isOpen = false;
    this.#cancelTimer?.();
    if (this.#isAnnounced) this.#events.onDisconnect?.(this.proxy);
  }

  get proxy(): Proxy {
    return { stream: this.#stream, group: this.#group, nodeId: this.#nodeId };
  }

  get acknowledged(): number | undefined {
    return this.#state.acknowledged;
  }

  describe(): ProxyState {
    const { acknowledged } = this.#state;
    return { ...this.proxy, acknowledged, types: this.#state.sync(), lastRefusal: this.#lastRefusal };
  }

  #take(message: DeltaDiscoveryRequest): void {
    if (!this.#isOpen) return;
    if (!this.#isAnnounced) {
      this.#isAnnounced = true;
      this.#nodeId = message.node?.id ?? '';
      this.#events.onConnect?.(this.proxy);
    }
    const answer = this.#state.request({
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

  #report(answer: Answer): void {
    if (answer.refusal === undefined) {
      this.#events.onAck?.(this.proxy, answer);
      return;
    }
    this.#lastRefusal = answer;
    this.#events.onNack?.(this.proxy, answer);
  }

  #pump(): void {
    const before = this.#state.acknowledged;
    while (this.#isOpen && this.#isWritable) {
      const response = this.#state.next(this.#clock.now());
      if (response === undefined) break;
      this.#isWritable = this.#call.write(response);
    }
    const { acknowledged } = this.#state;
    if (acknowledged !== undefined && acknowledged !== before) this.#events.onSynced?.(this.proxy, acknowledged);
    this.#setTimer();
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const deadline = this.#isOpen && this.#isWritable ? this.#state.deadline() : undefined;
    if (deadline === undefined) return;
    // A millisecond more than is left, as a timer may be early by a fraction.
    const delayMs = Math.max(0, deadline - this.#clock.now()) + 1;
    this.#cancelTimer = this.#clock.schedule(delayMs, () => this.#pump());
  }
}

