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
  release(contentOf: (origin: Origin) => unknown): boolean;
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

export function createGatewayContainment(contentOf: (origin: Origin) => unknown): GatewayContainment {
  const acceptedResources = new Map<string, XdsResource>();
  const searches = new Map<string, RunningSearch>();
  const guilty = new Map<Origin, { readonly message: string; readonly content: unknown }>();
  let current: ResourcesByType = new Map();
  let out: LeftOut = nothingLeftOut;

  function currentResource({ typeUrl, name }: ResourceId): XdsResource | undefined {
    return current.get(typeUrl)?.get(name);
  }

  function refresh(): true {
    const next = new Map<Origin, string | undefined>();
    for (const { state } of searches.values()) for (const origin of leftOut(state)) next.set(origin, undefined);
    for (const [origin, { message }] of guilty) next.set(origin, message);
    out = next;
    return true;
  }

  function advance(id: ResourceId, state: Search, message: string): true {
    const key = keyOf(id);
    for (const [origin, said] of state.guilty) {
      if (!guilty.has(origin)) guilty.set(origin, { message: said, content: contentOf(origin) });
    }
    if (isFinished(state)) searches.delete(key);
    else searches.set(key, { id, state, message });
    return refresh();
  }

  return {
    leftOut: () => out,
    accepted(answer) {
      const key = keyOf(answer);
      const resource = currentResource(answer);
      if (resource?.version !== answer.version) return false;
      acceptedResources.set(key, resource);
      const search = searches.get(key);
      return search === undefined ? false : advance(answer, probeAccepted(search.state, search.message), search.message);
    },
    refused(answer, message, textOf) {
      const key = keyOf(answer);
      const resource = currentResource(answer);
      // An answer to something older: the answer to what is there now is still to come.
      if (resource?.version !== answer.version) return false;
      const search = searches.get(key);
      if (search !== undefined) return advance(answer, probeRefused(search.state, message), message);
      const suspects = suspectsOf(resource, acceptedResources.get(key));
      if (suspects.length === 0) return false;
      return advance(answer, startSearch(suspects, likelyOf(suspects, message, textOf), message), message);
    },
    published(resources) {
      current = resources;
      let changed = false;
      for (const { id, state, message } of [...searches.values()]) {
        const resource = currentResource(id);
        // Nothing will be sent for it, so nothing will be answered: without the probed objects it is as it was, or gone.
        const settled = resource === undefined || resource.version === acceptedResources.get(keyOf(id))?.version;
        if (settled) changed = advance(id, probeAccepted(state, message), message) || changed;
      }
      for (const [key, resource] of acceptedResources) if (currentResource(resource) === undefined) acceptedResources.delete(key);
      return changed;
    },
    release(content) {
      let changed = false;
      for (const [origin, entry] of guilty) {
        if (content(origin) === entry.content) continue;
        guilty.delete(origin);
        changed = true;
      }
      return changed && refresh();
    },
  };
}
