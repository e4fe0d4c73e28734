import type { TypeUrl } from '../ads/type-url.ts';
import type { Origin } from '../ir/name.ts';
import { nothingLeftOut, type LeftOut } from '../translate/quarantine.ts';
import type { ResourcesByType } from '../xds/build-resources.ts';
import type { XdsResource } from '../xds/resource.ts';
import { isFinished, leftOut, probeAccepted, probeRefused, startSearch, type Search } from './containment.ts';

/** What a proxy said of one resource of a generation. */
export interface Answer {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly version: string;
}

interface ResourceId {
  readonly typeUrl: TypeUrl;
  readonly name: string;
}

interface RunningSearch {
  readonly id: ResourceId;
  readonly state: Search;
  readonly message: string;
}

/** The texts that tell whether an object is hinted at by Envoy's words; undefined for one that is gone. */
export type ObjectText = (origin: Origin) => string | undefined;

/** The containment of one Gateway's proxies: which objects are left out, and the searches that are under way. */
export interface GatewayContainment {
  /** Objects to leave out now; the text is Envoy's where an object is known to be at fault. */
  leftOut(): LeftOut;
  /** A resource was accepted. True: what is left out has changed. */
  accepted(answer: Answer): boolean;
  /** A resource was refused. True: what is left out has changed. */
  refused(answer: Answer, message: string, textOf: ObjectText): boolean;
  /** The resources that the next answers will be about; a search whose resource did not change goes on at once. */
  published(resources: ResourcesByType): boolean;
  /** Lets an object that changed, or is gone, back in. True: what is left out has changed. */
  release(): boolean;
}

function keyOf({ typeUrl, name }: ResourceId): string {
  return `${typeUrl} ${name}`;
}

/** Objects of the parts that the proxy has not accepted in this resource before. */
function suspectsOf(refused: XdsResource, accepted: XdsResource | undefined): readonly Origin[] {
  const known = new Set<string>();
  if (accepted !== undefined) for (const fragment of accepted.fragments()) known.add(fragment.hash);
  const suspects = new Set<Origin>();
  for (const fragment of refused.fragments()) {
    if (!known.has(fragment.hash)) for (const origin of fragment.origins) suspects.add(origin);
  }
  return [...suspects];
}

/** Words of Envoy's message that can be parts of an object: what stands in quotes, and what follows the last colon. */
function hintsOf(message: string): readonly string[] {
  const quoted = [...message.matchAll(/'([^']{3,})'/g)].map((match) => match[1] ?? '');
  const tail = message.slice(message.lastIndexOf(': ') + 2).trim();
  return [...quoted, ...(tail.length >= 3 && tail.length < 200 ? [tail] : [])];
}

function likelyOf(suspects: readonly Origin[], message: string, textOf: ObjectText): ReadonlySet<Origin> {
  const hints = hintsOf(message).flatMap((hint) => [hint, JSON.stringify(hint).slice(1, -1)]);
  return new Set(suspects.filter((origin) => hints.some((hint) => textOf(origin)?.includes(hint) === true)));
}

class Containment implements GatewayContainment {
  readonly #contentOf: (origin: Origin) => unknown;
  readonly #accepted = new Map<string, XdsResource>();
  readonly #searches = new Map<string, RunningSearch>();
  readonly #guilty = new Map<Origin, { readonly message: string; readonly content: unknown }>();
  #current: ResourcesByType = new Map();
  #out: LeftOut = nothingLeftOut;

  constructor(contentOf: (origin: Origin) => unknown) {
    this.#contentOf = contentOf;
  }

  leftOut(): LeftOut {
    return this.#out;
  }

  accepted(answer: Answer): boolean {
    const key = keyOf(answer);
    const resource = this.#resource(answer);
    if (resource?.version !== answer.version) return false;
    this.#accepted.set(key, resource);
    const search = this.#searches.get(key);
    if (search === undefined) return false;
    return this.#advance(answer, probeAccepted(search.state, search.message), search.message);
  }

  refused(answer: Answer, message: string, textOf: ObjectText): boolean {
    const key = keyOf(answer);
    const resource = this.#resource(answer);
    // An answer to something older: the answer to what is there now is still to come.
    if (resource?.version !== answer.version) return false;
    const search = this.#searches.get(key);
    if (search !== undefined) return this.#advance(answer, probeRefused(search.state, message), message);
    const suspects = suspectsOf(resource, this.#accepted.get(key));
    if (suspects.length === 0) return false;
    return this.#advance(answer, startSearch(suspects, likelyOf(suspects, message, textOf), message), message);
  }

  published(resources: ResourcesByType): boolean {
    this.#current = resources;
    let changed = false;
    for (const { id, state, message } of [...this.#searches.values()]) {
      const resource = this.#resource(id);
      // Nothing will be sent for it, so nothing will be answered: without the probed objects it is as it was, or gone.
      const settled = resource === undefined || resource.version === this.#accepted.get(keyOf(id))?.version;
      if (settled) changed = this.#advance(id, probeAccepted(state, message), message) || changed;
    }
    for (const [key, resource] of this.#accepted)
      if (this.#resource(resource) === undefined) this.#accepted.delete(key);
    return changed;
  }

  release(): boolean {
    let changed = false;
    for (const [origin, { content }] of this.#guilty) {
      if (this.#contentOf(origin) === content) continue;
      this.#guilty.delete(origin);
      changed = true;
    }
    return changed && this.#refresh();
  }

  #resource({ typeUrl, name }: ResourceId): XdsResource | undefined {
    return this.#current.get(typeUrl)?.get(name);
  }

  #refresh(): true {
    const next = new Map<Origin, string | undefined>();
    for (const { state } of this.#searches.values()) for (const origin of leftOut(state)) next.set(origin, undefined);
    for (const [origin, { message }] of this.#guilty) next.set(origin, message);
    this.#out = next;
    return true;
  }

  #advance(id: ResourceId, state: Search, message: string): true {
    const key = keyOf(id);
    for (const [origin, said] of state.guilty) {
      if (!this.#guilty.has(origin)) this.#guilty.set(origin, { message: said, content: this.#contentOf(origin) });
    }
    if (isFinished(state)) this.#searches.delete(key);
    else this.#searches.set(key, { id, state, message });
    return this.#refresh();
  }
}

/** `contentOf` gives an object as it is now, by identity: another value means that it changed. */
export function createGatewayContainment(contentOf: (origin: Origin) => unknown): GatewayContainment {
  return new Containment(contentOf);
}
