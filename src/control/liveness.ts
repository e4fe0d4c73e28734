import type { Proxy, ProxyState } from '../ads/proxy-state.ts';
import { type GatewayName, originOf } from '../ir/name.ts';
import { objectKey, type ObjectKey, type ObjectRef } from '../snapshot/object.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import { type Change, refOfChange } from '../snapshot/snapshot.ts';
import type { ControlState } from './controller.ts';

/** Whether one proxy serves an object as it is now. */
export interface ProxyLiveness {
  readonly gateway: GatewayName;
  /** The name that the proxy gives itself: its Pod's. */
  readonly proxy: string;
  readonly live: boolean;
  /** RFC 3339: when it acknowledged the object; absent where it has not. */
  readonly since?: string;
  readonly draining: boolean;
  /** Envoy's words of what it refused last, where that is still so. */
  readonly refusal?: string;
}

/** Where an object is served, as one replica knows it. */
export interface ObjectLiveness {
  readonly object: ObjectRef;
  /** False: the replica does not know the object. */
  readonly found: boolean;
  /** metadata.generation as it was read last; absent for kinds without. */
  readonly generation?: number;
  /** Gateways that the object has a part in. */
  readonly gateways: readonly GatewayName[];
  /** The proxies of this replica that belong to these Gateways. */
  readonly proxies: readonly ProxyLiveness[];
  /** What is wrong with it. */
  readonly problems: readonly string[];
}

interface Seen {
  readonly turn: number;
  readonly atMs: number;
}

/** Acknowledgements that are remembered of each proxy, and generations of each Gateway. */
const kept = 1_000;

function pushBounded<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > kept) list.shift();
}

/** Remembers in which turn objects changed, and which turns proxies have acknowledged. */
export class Liveness {
  readonly #seen = new Map<ObjectKey, Seen>();
  readonly #published = new Map<GatewayName, number[]>();
  readonly #synced = new Map<number, { readonly generation: number; readonly atMs: number }[]>();
  readonly #now: () => number;

  /** `now` in milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  turned(turn: number, changes: readonly Change[]): void {
    const seen = { turn, atMs: this.#now() };
    for (const change of changes) {
      const key = objectKey(refOfChange(change));
      if (change.kind === 'put') this.#seen.set(key, seen);
      else this.#seen.delete(key);
    }
  }

  published(gateway: GatewayName, generation: number): void {
    const generations = this.#published.get(gateway) ?? [];
    this.#published.set(gateway, generations);
    pushBounded(generations, generation);
  }

  retired(gateway: GatewayName): void {
    this.#published.delete(gateway);
  }

  synced({ stream }: Proxy, generation: number): void {
    const list = this.#synced.get(stream) ?? [];
    this.#synced.set(stream, list);
    pushBounded(list, { generation, atMs: this.#now() });
  }

  disconnected({ stream }: Proxy): void {
    this.#synced.delete(stream);
  }

  /** Where an object is served. */
  describe(ref: ObjectRef, state: ControlState, proxies: readonly ProxyState[]): ObjectLiveness {
    const key = objectKey(ref);
    const object = state.snapshot.collections[ref.kind].get(key);
    const gateways = gatewaysOf(ref, state);
    const { generation } = object?.metadata ?? {};
    return {
      object: ref,
      found: object !== undefined,
      ...(generation === undefined ? {} : { generation }),
      gateways,
      proxies: proxies
        .filter(({ group }) => gateways.some((gateway) => gateway === group))
        .map((proxy) => this.#describeProxy(proxy, this.#seen.get(key))),
      problems: problemsAmong([...state.translation.diagnostics, ...state.bindFailures], ref),
    };
  }

  #describeProxy(proxy: ProxyState, seen: Seen | undefined): ProxyLiveness {
    // Groups are named as Gateways are.
    const gateway = proxy.group as GatewayName;
    const generations = this.#published.get(gateway) ?? [];
    const needed = seen === undefined ? 0 : (generations.findLast((generation) => generation <= seen.turn) ?? 0);
    const live = proxy.acknowledged !== undefined && proxy.acknowledged >= needed;
    const acknowledged = this.#synced.get(proxy.stream)?.find(({ generation }) => generation >= needed);
    const sinceMs = Math.max(acknowledged?.atMs ?? 0, seen?.atMs ?? 0);
    const refusal = proxy.settled ? undefined : proxy.lastRefusal?.refusal;
    return {
      gateway,
      proxy: proxy.nodeId,
      live,
      ...(live && sinceMs > 0 ? { since: new Date(sinceMs).toISOString() } : {}),
      draining: proxy.draining,
      ...(refusal === undefined ? {} : { refusal }),
    };
  }
}

/** Gateways whose resources an object has a part in. */
function gatewaysOf(ref: ObjectRef, { resources }: ControlState): readonly GatewayName[] {
  const origin = originOf(objectKey(ref));
  return [...resources]
    .filter(([, byType]) =>
      [...byType.values()].some((byName) =>
        [...byName.values()].some((resource) => {
          for (const { origins } of resource.fragments()) if (origins.includes(origin)) return true;
          return false;
        }),
      ),
    )
    .map(([gateway]) => gateway);
}

/** What is wrong with an object, with its fields. */
export function problemsAmong(diagnostics: readonly Diagnostic[], ref: ObjectRef): readonly string[] {
  const key = objectKey(ref);
  return diagnostics
    .filter(({ object, severity }) => severity === 'error' && object !== undefined && objectKey(object) === key)
    .map(({ message, field }) => (field === undefined ? message : `${field}: ${message}`));
}
