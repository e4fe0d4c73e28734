import type { TypeUrl } from '../../src/ads/type-url.ts';

/** What the bench asks a server process for, and what comes back. Times are milliseconds of the system's clock. */
export interface ServerCalls {
  listen(port: number): { readonly port: number; readonly resourcesEach: number };
  /** After a collection, in bytes. */
  memory(): Memory;
  /** CPU used since the last question, and the longest delay of the event loop meanwhile. */
  effort(): { readonly cpuMs: number; readonly delayMs: number };
  /** When all of so many proxies have acknowledged everything. */
  settled(proxies: number): { readonly at: number };
  /** Moves a route of the first Gateway to another backend: one route table changes. Gives when that was known. */
  changeRoute(round: number): { readonly at: number };
  /** Changes the endpoint of one Service of every Gateway. */
  changeEndpoints(round: number): { readonly at: number };
}

/** What the bench asks the process of the proxies for. */
export interface ClientCalls {
  /** Opens the streams of the proxies of one server, with what they had before. */
  connect(input: { readonly port: number; readonly first: number; readonly count: number }): {
    readonly at: number;
  };
  /** Cuts all streams; what was received stays known. */
  disconnect(input: { readonly first: number; readonly count: number }): { readonly at: number };
  /** When so many proxies have received a change of a type; to be asked for before the change. */
  received(input: { readonly typeUrl: TypeUrl; readonly proxies: number }): { readonly times: readonly number[] };
  /** Resources received since the last question. */
  count(): { readonly resources: number; readonly bytes: number };
}

export interface Memory {
  readonly heap: number;
  readonly resident: number;
}

/** Time that two processes agree on. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
