import type { GatewayName, Origin } from '../ir/name.ts';
import { contentHash } from '../lib/hash.ts';
import type { AnyObject } from '../snapshot/object.ts';
import type { Quarantine } from '../translate/quarantine.ts';

/** An object that the Envoys of a replica refuse, as other replicas are told. */
export interface Refusal {
  readonly gateway: GatewayName;
  readonly origin: Origin;
  /** Of the object's content: a replica that holds another version of it is not concerned. */
  readonly content: string;
  /** Envoy's words. */
  readonly message: string;
}

/** The content that translation reads, alike on every replica whatever its watch went through. */
export function contentOf(object: AnyObject): string {
  const { name, namespace = '', uid = '', labels = {}, annotations = {} } = object.metadata;
  return contentHash(JSON.stringify([object, { name, namespace, uid, labels, annotations }], omitVersions));
}

function omitVersions(key: string, value: unknown): unknown {
  return key === 'resourceVersion' || key === 'managedFields' || key === 'status' ? undefined : value;
}

/** What a replica tells others of its quarantine: objects at fault, not those that are only suspected. */
export function refusalsOf(
  quarantine: Quarantine,
  objectOf: (origin: Origin) => AnyObject | undefined,
): readonly Refusal[] {
  return [...quarantine].flatMap(([gateway, leftOut]) =>
    [...leftOut].flatMap(([origin, message]): readonly Refusal[] => {
      const object = objectOf(origin);
      if (message === undefined || object === undefined) return [];
      return [{ gateway, origin, content: contentOf(object), message }];
    }),
  );
}

/** What other replicas' Envoys refuse, by replica. */
export class PeerRefusals {
  readonly #byPeer = new Map<string, readonly Refusal[]>();

  /** Replaces what a replica said before; an empty list also for a replica that is gone. True: something differs. */
  learn(peer: string, refusals: readonly Refusal[]): boolean {
    const before = this.#byPeer.get(peer) ?? [];
    if (refusals.length === 0) this.#byPeer.delete(peer);
    else this.#byPeer.set(peer, refusals);
    return JSON.stringify(before) !== JSON.stringify(refusals);
  }

  /** A quarantine with what others know of objects as they are here. */
  addTo(own: Quarantine, objectOf: (origin: Origin) => AnyObject | undefined): Quarantine {
    if (this.#byPeer.size === 0) return own;
    const merged = new Map([...own].map(([gateway, out]) => [gateway, new Map(out)]));
    for (const { gateway, origin, content, message } of [...this.#byPeer.values()].flat()) {
      const object = objectOf(origin);
      if (object === undefined || contentOf(object) !== content) continue;
      const out = merged.get(gateway) ?? new Map<Origin, string | undefined>();
      merged.set(gateway, out);
      if (out.get(origin) === undefined) out.set(origin, message);
    }
    return merged;
  }
}
