import { lazy } from '../lib/lazy.ts';
import { clusterUse, hasItsClusters } from './cluster-gate.ts';
import type { Answer, DeltaRequest, StreamOptions, TypeSync } from './exchange.ts';
import { changedNames, type Generation, resourcesOf } from './generation.ts';
import { markName, parseMark, type Mark } from './mark.ts';
import { Progress } from './progress.ts';
import type { AdsResource, Requirement } from './resource.ts';
import { type DeltaResponse, emptyResource } from './response.ts';
import { takeOver } from './take-over.ts';
import {
  accepted,
  countUnrecorded,
  createTypeState,
  isGatedType,
  isWaitedFor,
  isWildcardType,
  sendOrder,
  type TypeState,
} from './type-state.ts';
import {
  clusterLoadAssignmentType,
  clusterType,
  listenerType,
  routeConfigurationType,
  secretType,
  type TypeUrl,
} from './type-url.ts';

type Step =
  | { readonly kind: 'send'; readonly resource: AdsResource; readonly again: boolean }
  | { readonly kind: 'remove' }
  | { readonly kind: 'hold' }
  | { readonly kind: 'drop' };

const drop: Step = { kind: 'drop' };
const hold: Step = { kind: 'hold' };

function send(resource: AdsResource, again = false): Step {
  return { kind: 'send', resource, again };
}

const nothing: ReadonlyMap<string, AdsResource> = new Map();

/**
 * One proxy's stream as a state machine without clock or socket: `request` and `publish` put something in, `next` is
 * asked for responses until there is none, and again at `deadline`. Per type at most one response is unanswered, and
 * the next is made from the newest generation.
 */
export class StreamState {
  readonly #options: StreamOptions;
  readonly #types = new Map<TypeUrl, TypeState>(sendOrder.map((typeUrl) => [typeUrl, createTypeState(typeUrl)]));
  readonly #clusters: TypeState;
  #generation: Generation | undefined;
  /** The generation that the newest unanswered clusters came from, and the one of the newest acknowledged. */
  #clustersSentFrom: Generation | undefined;
  #clustersHeldFrom: Generation | undefined;
  /** Since when a cluster that the generation lacks has had no user. */
  readonly #unusedSince = new Map<string, number>();
  readonly #progress: Progress;
  /** Made, but to be sent after the mark that belongs to it. */
  #afterMark: DeltaResponse | undefined;
  #responses = 0;
  #acknowledged: number | undefined;

  /** `doubts` are what the proxy's last stream left open. */
  constructor(options: StreamOptions, doubts: readonly Requirement[] = []) {
    this.#options = options;
    this.#progress = new Progress(options.catchUpMs);
    for (const { typeUrl, name } of doubts) this.#doubt(this.#type(typeUrl), name);
    this.#clusters = this.#type(clusterType);
  }

  /** The newest generation that the proxy has wholly acknowledged. */
  get acknowledged(): number | undefined {
    return this.#acknowledged;
  }

  /** Whether a response is unanswered. */
  get awaitsAnswer(): boolean {
    return [...this.#types.values()].some(({ inFlight }) => inFlight !== undefined);
  }

  /** Whether the proxy has wholly acknowledged what it was offered last. */
  get settled(): boolean {
    return this.#generation !== undefined && this.#isSettled(this.#generation);
  }

  /** Whether the proxy has been sent more than this server has read. */
  get isBehind(): boolean {
    return this.#progress.isBehind;
  }

  /** Everything up to this mark is in what was published. */
  reach(mark: Mark): void {
    this.#progress.reach(mark);
  }

  /** Takes a request in; tells what it said about the response in flight, if anything. */
  request(request: DeltaRequest): Answer | undefined {
    const type = [...this.#types.values()].find(({ typeUrl }) => typeUrl === request.typeUrl);
    if (type === undefined) return undefined;
    const answer = this.#answer(type, request);
    if (!type.requested) this.#open(type, request);
    for (const name of request.unsubscribe) this.#unsubscribe(type, name);
    for (const name of request.subscribe) this.#subscribe(type, name);
    return answer;
  }

  /** Makes a generation the one to bring the proxy to. */
  publish(generation: Generation): void {
    const before = this.#generation;
    this.#generation = generation;
    if (generation.mark !== undefined) this.#progress.reach(generation.mark);
    for (const type of this.#types.values()) {
      const names = changedNames(resourcesOf(before, type.typeUrl), resourcesOf(generation, type.typeUrl));
      for (const name of names) if (type.wildcard || type.subscribed.has(name)) type.pending.add(name);
    }
  }

  /** The next response to send at this time, in ms. */
  next(now: number): DeltaResponse | undefined {
    const generation = this.#generation;
    if (generation === undefined) return undefined;
    const made = this.#afterMark;
    this.#afterMark = undefined;
    if (made !== undefined) return made;
    const isBehind = this.#progress.judge(now);
    for (const type of this.#types.values()) {
      // Envoy never answers a response of a type that it has not asked for.
      if (type.inFlight !== undefined || !type.requested) continue;
      if (isBehind && !isWaitedFor(type.typeUrl)) continue;
      const response = this.#respond(type, generation, now);
      if (response === undefined) continue;
      return this.#launch(type, response, generation);
    }
    if (!isBehind && this.#isSettled(generation)) this.#settle(generation);
    return undefined;
  }

  /** When `next` may have something without further input, in ms. */
  deadline(): number | undefined {
    const { gateTimeoutMs, removalGraceMs } = this.#options;
    let earliest = this.#progress.deadline ?? Infinity;
    for (const type of this.#types.values()) {
      if (type.inFlight !== undefined) continue;
      for (const since of type.gatedSince.values()) earliest = Math.min(earliest, since + gateTimeoutMs);
    }
    if (this.#clusters.inFlight === undefined) {
      for (const since of this.#unusedSince.values()) earliest = Math.min(earliest, since + removalGraceMs);
    }
    return earliest === Infinity ? undefined : earliest;
  }

  /**
   * The clusters and listeners that the proxy may have in another version than it says when it comes back: it records
   * nothing of what it took from a response that it refused, and what nobody names would live on for ever.
   */
  doubts(): readonly Requirement[] {
    return [...this.#types.values()]
      .filter(({ typeUrl }) => isWildcardType(typeUrl))
      .flatMap(({ typeUrl, held, inFlight }) => {
        const unrecorded = [...held.differing()]
          .filter(([, { version }]) => version === undefined)
          .map(([name]) => name);
        const unanswered = inFlight?.resources.map(({ name }) => name) ?? [];
        return [...new Set([...unrecorded, ...unanswered])].map((name) => ({ typeUrl, name }));
      });
  }

  sync(): readonly TypeSync[] {
    const requested = [...this.#types.values()].filter((type) => type.requested);
    return requested.map((type) => ({
      typeUrl: type.typeUrl,
      subscribed: type.wildcard ? 'all' : type.subscribed.size,
      acknowledged: type.held.size - countUnrecorded(type),
      pending: type.pending.size,
      inFlight: type.inFlight?.nonce,
      refused: [...type.refused].map(([name, version]) => ({ name, version })),
    }));
  }

  #type(typeUrl: TypeUrl): TypeState {
    const type = this.#types.get(typeUrl);
    if (type === undefined) throw new Error(`no such type: ${typeUrl}`);
    return type;
  }

  #doubt(type: TypeState, name: string): void {
    type.held.set(name, { version: undefined, resource: undefined });
    type.pending.add(name);
  }

  #open(type: TypeState, request: DeltaRequest): void {
    type.requested = true;
    if (type === this.#clusters) this.#progress.hear(parseMark(request.initialVersions[markName] ?? ''));
    takeOver(type, resourcesOf(this.#generation, type.typeUrl), request.initialVersions);
    // An empty first request means everything for these two types only: Envoy sends one for others that it has no need of.
    if (isWildcardType(type.typeUrl) && request.subscribe.length === 0) this.#subscribeAll(type);
  }

  #subscribeAll(type: TypeState): void {
    type.wildcard = true;
    const hasMark = type === this.#clusters && this.#progress.hasMark;
    type.answerOwed = !hasMark && type.held.size === countUnrecorded(type);
    for (const [name, { version }] of resourcesOf(this.#generation, type.typeUrl)) {
      if (type.held.get(name)?.version !== version) type.pending.add(name);
    }
  }

  #subscribe(type: TypeState, name: string): void {
    if (name === '*') {
      this.#subscribeAll(type);
      return;
    }
    // On a reconnect the first request names what the proxy has already: that is no question.
    const held = type.held.get(name)?.version;
    const hasItSinceBefore = held !== undefined && !type.wildcard && !type.subscribed.has(name);
    type.subscribed.set(name, true);
    type.refused.delete(name);
    if (!hasItSinceBefore) type.forced.add(name);
    else if (held === resourcesOf(this.#generation, type.typeUrl).get(name)?.version) return;
    type.pending.add(name);
  }

  #unsubscribe(type: TypeState, name: string): void {
    if (name === '*') type.wildcard = false;
    type.subscribed.delete(name);
    if (type.wildcard) return;
    const gone = name === '*' ? [...type.held.keys()].filter((held) => !type.subscribed.has(held)) : [name];
    for (const each of gone) {
      type.held.delete(each);
      type.pending.delete(each);
      type.forced.delete(each);
      type.refused.delete(each);
      type.gatedSince.delete(each);
      if (type === this.#clusters) this.#unusedSince.delete(each);
    }
  }

  #wants(type: TypeState, name: string): boolean {
    return type.wildcard || type.subscribed.has(name);
  }

  #answer(type: TypeState, { nonce, error }: DeltaRequest): Answer | undefined {
    const response = type.inFlight;
    if (response === undefined || nonce !== response.nonce) return undefined;
    type.inFlight = undefined;
    const narrowing = error !== undefined && response.resources.length > 1;
    if (error === undefined) this.#accept(type, response);
    else this.#refuse(type, response);
    return {
      typeUrl: type.typeUrl,
      generation: response.generation,
      resources: response.resources.map(({ name, version }) => ({ name, version })),
      removed: response.removed,
      refusal: error,
      narrowing,
    };
  }

  #accept(type: TypeState, response: DeltaResponse): void {
    for (const resource of response.resources) {
      type.refused.delete(resource.name);
      if (this.#wants(type, resource.name)) type.held.set(resource.name, accepted(resource));
    }
    for (const name of response.removed) type.held.delete(name);
    if (type !== this.#clusters) return;
    this.#clustersHeldFrom = this.#clustersSentFrom;
    this.#progress.accept(response.mark);
  }

  /**
   * None of a refused response's versions are recorded by Envoy, whatever it took of them. Several resources are sent
   * again in ever smaller parts until the one at fault is alone; that one waits for another version.
   */
  #refuse(type: TypeState, response: DeltaResponse): void {
    const names = response.resources.map(({ name }) => name);
    for (const name of [...names, ...response.removed]) {
      if (this.#wants(type, name)) type.held.set(name, { version: undefined, resource: type.held.get(name)?.resource });
    }
    const [only] = response.resources;
    if (only === undefined) return;
    for (const name of response.removed) type.pending.add(name);
    if (names.length === 1) {
      type.refused.set(only.name, only.version);
      // Something newer may have been published while this one was away.
      type.pending.add(only.name);
      return;
    }
    for (const name of names) type.pending.add(name);
    type.groups.unshift(...split(names));
  }

  /**
   * The mark travels with clusters, and before anything else that belongs to it: a proxy may show a mark that is newer
   * than what it has, but never an older one.
   */
  #launch(type: TypeState, response: DeltaResponse, generation: Generation): DeltaResponse {
    const mark = this.#progress.news;
    if (type !== this.#clusters) {
      type.inFlight = response;
      if (mark === undefined || !this.#clusters.requested || this.#clusters.inFlight !== undefined) return response;
      this.#afterMark = response;
      const alone = this.#response(this.#clusters, generation, [], []);
      return this.#launch(this.#clusters, alone, generation);
    }
    type.inFlight = mark === undefined ? response : { ...response, mark };
    this.#afterClusters(response, generation);
    return type.inFlight;
  }

  #response(
    { typeUrl }: TypeState,
    { id }: Generation,
    resources: readonly AdsResource[],
    removed: readonly string[],
  ): DeltaResponse {
    this.#responses += 1;
    return { typeUrl, nonce: `${id}.${this.#responses}`, generation: id, resources, removed };
  }

  /** An assignment sent after its cluster ends the cluster's warming; Envoy does not ask for one that it has. */
  #afterClusters(response: DeltaResponse, generation: Generation): void {
    this.#clustersSentFrom = generation;
    const assignments = this.#type(clusterLoadAssignmentType);
    for (const { requires } of response.resources) {
      for (const { typeUrl, name } of requires) {
        if (typeUrl !== clusterLoadAssignmentType) continue;
        assignments.forced.add(name);
        assignments.pending.add(name);
      }
    }
  }

  #respond(type: TypeState, generation: Generation, now: number): DeltaResponse | undefined {
    for (;;) {
      const group = type.groups.shift();
      const response = this.#collect(type, group ?? type.pending, generation, now);
      if (response !== undefined || group === undefined) return response;
    }
  }

  #collect(type: TypeState, names: Iterable<string>, generation: Generation, now: number): DeltaResponse | undefined {
    const resources: AdsResource[] = [];
    const removals: string[] = [];
    let held = false;
    const isUsed = lazy(() => clusterUse(this.#types.values(), generation));
    for (const name of new Set(this.#withRemovals(type, names, generation))) {
      if (!type.pending.has(name)) continue;
      const step = this.#step(type, name, generation, now, isUsed);
      if (step.kind === 'hold') {
        held = true;
        continue;
      }
      type.gatedSince.delete(name);
      type.forced.delete(name);
      if (step.kind === 'send') resources.push(step.resource);
      if (step.kind === 'remove') removals.push(name);
      else if (step.kind !== 'send' || !step.again) type.pending.delete(name);
    }
    // A listener's port may pass to another one: both in one response, or the port is refused in between.
    const removed = type.typeUrl === listenerType && held ? [] : removals;
    for (const name of removed) type.pending.delete(name);
    // Clusters are held only to be removed later, and that there are no others is an answer.
    const isWaiting = held && type !== this.#clusters;
    if (resources.length === 0 && removed.length === 0 && (isWaiting || !type.answerOwed)) return undefined;
    type.answerOwed = false;
    return this.#response(type, generation, resources, removed);
  }

  /** While a refused response is taken apart, what goes away goes with its first part. */
  #withRemovals(type: TypeState, names: Iterable<string>, generation: Generation): Iterable<string> {
    if (names === type.pending) return names;
    const wanted = resourcesOf(generation, type.typeUrl);
    return [...names, ...[...type.pending].filter((name) => !wanted.has(name))];
  }

  #step(
    type: TypeState,
    name: string,
    generation: Generation,
    now: number,
    isUsed: () => (name: string) => boolean,
  ): Step {
    const resource = resourcesOf(generation, type.typeUrl).get(name);
    if (!this.#wants(type, name) && !type.forced.has(name)) return drop;
    // What the proxy has none of is no worse for being old: a cluster may wait for it.
    if (this.#progress.isBehind) return resource !== undefined && !type.held.has(name) ? send(resource) : hold;
    if (resource === undefined) return this.#stepWithout(type, name, now, isUsed);
    if (type === this.#clusters) this.#unusedSince.delete(name);
    const held = type.held.get(name);
    if (!type.forced.has(name)) {
      if (type.refused.get(name) === resource.version) return drop;
      if (held?.version === resource.version) {
        if (held.resource === 'unknown') type.held.set(name, accepted(resource));
        return drop;
      }
    }
    if (!isGatedType(type.typeUrl) || hasItsClusters(resource, generation, this.#clusters)) return send(resource);
    return this.#stepGated(type, resource, now);
  }

  /**
   * While clusters change faster than they are acknowledged, the newest table never has all of its own: the one that
   * belongs to the acknowledged clusters goes in its place, and the newest stays pending.
   */
  #stepGated(type: TypeState, resource: AdsResource, now: number): Step {
    const { name } = resource;
    const older = this.#clustersHeldFrom;
    const earlier = resourcesOf(older, type.typeUrl).get(name);
    const isNews =
      earlier !== undefined &&
      earlier.version !== type.held.get(name)?.version &&
      earlier.version !== type.refused.get(name) &&
      older !== this.#generation;
    if (isNews && older !== undefined && hasItsClusters(earlier, older, this.#clusters)) return send(earlier, true);
    const since = type.gatedSince.get(name) ?? now;
    type.gatedSince.set(name, since);
    return now - since < this.#options.gateTimeoutMs ? hold : send(resource);
  }

  #stepWithout(type: TypeState, name: string, now: number, isUsed: () => (name: string) => boolean): Step {
    const held = type.held.get(name);
    const isAsked = type.forced.has(name);
    switch (type.typeUrl) {
      case clusterType:
        return held === undefined ? (isAsked ? { kind: 'remove' } : drop) : this.#stepUnused(name, now, isUsed());
      case listenerType:
        return held !== undefined || isAsked ? { kind: 'remove' } : drop;
      case clusterLoadAssignmentType:
      case routeConfigurationType:
        // A removal would not end the proxy's wait. What it has already serves until nothing needs it.
        if (held?.resource === 'unknown' || (held !== undefined && !isAsked)) return drop;
        return send(held?.resource ?? emptyResource(type.typeUrl, name));
      case secretType:
        return held === undefined && isAsked ? { kind: 'remove' } : drop;
      default:
        // A filter without its configuration answers 500; a listener that waits for it keeps its old version.
        return drop;
    }
  }

  #stepUnused(name: string, now: number, isUsed: (name: string) => boolean): Step {
    if (isUsed(name)) {
      this.#unusedSince.delete(name);
      return hold;
    }
    const since = this.#unusedSince.get(name) ?? now;
    this.#unusedSince.set(name, since);
    if (now - since < this.#options.removalGraceMs) return hold;
    this.#unusedSince.delete(name);
    return { kind: 'remove' };
  }

  /** The proxy has what all of its group have: its own state is next to nothing. */
  #settle(generation: Generation): void {
    this.#acknowledged = generation.id;
    for (const type of this.#types.values()) {
      if (!type.requested) continue;
      const table = resourcesOf(generation, type.typeUrl);
      type.held.rebase(table);
      type.subscribed.rebase(type.wildcard ? nothing : table);
    }
  }

  #isSettled(generation: Generation): boolean {
    if (!this.#clusters.requested || !this.#type(listenerType).requested) return false;
    for (const type of this.#types.values()) {
      const wanted = resourcesOf(generation, type.typeUrl);
      if (type.inFlight !== undefined || type.answerOwed) return false;
      // Clusters that outlive their users are no part of the generation.
      for (const name of type.pending) if (type !== this.#clusters || wanted.has(name)) return false;
      for (const [name, version] of type.refused) if (wanted.get(name)?.version === version) return false;
    }
    return true;
  }
}

/** Halves; single names when there are few. */
function split(names: readonly string[]): readonly (readonly string[])[] {
  if (names.length <= 4) return names.map((name) => [name]);
  const middle = Math.ceil(names.length / 2);
  return [names.slice(0, middle), names.slice(middle)];
}
