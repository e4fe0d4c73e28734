import type { Answer, TypeSync } from './exchange.ts';

/** One connected proxy, as the commands and the admin port show it. */
export interface ProxyState {
  /** Counts streams of this server; a reconnected proxy is a new one. */
  readonly stream: number;
  readonly group: string;
  /** What the proxy says of itself; for people, never believed. */
  readonly nodeId: string;
  /** For how long its stream has been open, in ms. */
  readonly connectedMs: number;
  /** The newest generation that the proxy has wholly acknowledged. */
  readonly acknowledged: number | undefined;
  /** Whether nothing is left to be sent or acknowledged. */
  readonly settled: boolean;
  /** Whether it is about to go, and gets the configuration for that. */
  readonly draining: boolean;
  /** Whether it has been sent more than this server has read, and is told nothing until that is caught up with. */
  readonly ahead: boolean;
  readonly types: readonly TypeSync[];
  readonly lastRefusal: Answer | undefined;
}

/** Says who a report is about. */
export interface Proxy {
  readonly stream: number;
  readonly group: string;
  readonly nodeId: string;
}

/** What the server reports, synchronously, from within its handling of a message: handlers are quick and do not throw. */
export interface AdsEvents {
  readonly onConnect?: (proxy: Proxy) => void;
  readonly onDisconnect?: (proxy: Proxy) => void;
  readonly onAck?: (proxy: Proxy, answer: Answer) => void;
  /** A response was refused. One resource in it: that is the one at fault. Several: they are being narrowed down. */
  readonly onNack?: (proxy: Proxy, answer: Answer) => void;
  /** A proxy has wholly acknowledged a generation. */
  readonly onSynced?: (proxy: Proxy, generation: number) => void;
}
