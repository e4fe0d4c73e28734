import { type Result, ok } from '../lib/result.ts';
import { isBuiltIn } from '../snapshot/object.ts';
import { type Schema, schemas } from '../snapshot/validate/schema.ts';
import { type AddedDefaults, findAddedDefaults } from './added-defaults.ts';
import type { KubeClient } from './client.ts';
import type { Feature } from './discovery.ts';
import type { Failure } from './failure.ts';
import { follow, type Follower, type ObjectEffect } from './follow.ts';

export interface DefinitionsOptions {
  readonly client: KubeClient;
  /** Definitions came, changed or went, after the first were known. */
  changed(names: readonly string[]): void;
  /** Called once: which definitions there are is known, or may not be known. */
  settled(): void;
  /** They can't be read for now, and are not known yet. */
  troubled(failure: Failure): void;
}

interface Read {
  readonly stamp: string;
  readonly added: AddedDefaults | undefined;
}

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const partial = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

/** How long whoever may not read them waits before it does without: a server that just started refuses everybody. */
const refusedMs = 2_000;

/** Whether asking again brings nothing better. */
function isRefusal({ kind }: Failure): boolean {
  return kind === 'Forbidden' || kind === 'NotFound' || kind === 'Invalid';
}

/** The part of a CustomResourceDefinition that is read. */
interface Definition {
  readonly spec?: {
    readonly versions: readonly { readonly name: string; readonly schema?: { readonly openAPIV3Schema?: Schema } }[];
  };
}

/**
 * The CustomResourceDefinitions of a cluster. Only their metadata is followed, as they are large; one is read whole when
 * it is new or its schema may have changed.
 */
export class Definitions implements Follower {
  readonly #options: DefinitionsOptions;
  readonly #follower: Follower;
  /** By name; another value whenever the schema may be another. */
  readonly #stamps = new Map<string, string>();
  readonly #read = new Map<string, Read>();
  /** Set while it is waited whether a refusal passes. */
  #refused: NodeJS.Timeout | undefined;
  #settled = false;
  #stopped = false;

  constructor(options: DefinitionsOptions) {
    this.#options = options;
    this.#follower = follow({
      client: options.client,
      path,
      accept: { list: partial('PartialObjectMetadataList'), watch: partial('PartialObjectMetadata') },
      heard: (effects) => this.#hear(effects),
      troubled: (failure) => this.#takeTrouble(failure),
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#refused);
    this.#follower.stop();
  }

  /** The features with what the definitions of their kinds add to those known here. */
  async complete(features: readonly Feature[]): Promise<Result<readonly Feature[], Failure>> {
    const completed: Feature[] = [];
    // All at once, as a start waits for it.
    for (const feature of await Promise.all(features.map((each) => this.#completeOne(each)))) {
      if (!feature.ok) return feature;
      completed.push(feature.value);
    }
    return ok(completed);
  }

  async #completeOne(feature: Feature): Promise<Result<Feature, Failure>> {
    if (feature.kind !== 'Served' || isBuiltIn(feature.of)) return ok(feature);
    const added = await this.#addedTo(feature);
    if (!added.ok) return added;
    return ok(added.value === undefined ? feature : { ...feature, added: added.value });
  }

  async #addedTo({
    of,
    resource,
  }: Extract<Feature, { readonly kind: 'Served' }>): Promise<Result<AddedDefaults | undefined, Failure>> {
    const name = `${resource.name}.${resource.group}`;
    const definitionStamp = this.#stamps.get(name);
    if (definitionStamp === undefined) return ok(undefined);
    const stamp = `${definitionStamp} ${resource.version}`;
    const known = this.#read.get(name);
    if (known?.stamp === stamp) return ok(known.added);
    // A list of one: the right to list them is there, as they are followed.
    const answer = await this.#options.client.request('GET', path, {
      query: { fieldSelector: `metadata.name=${name}` },
    });
    if (!answer.ok) return answer;
    const [definition] = (answer.value as { readonly items: readonly Definition[] }).items;
    const version = definition?.spec?.versions.find((one) => one.name === resource.version);
    const added = findAddedDefaults(schemas[of], version?.schema?.openAPIV3Schema ?? {});
    this.#read.set(name, { stamp, added });
    return ok(added);
  }

  #hear(effects: readonly ObjectEffect[]): void {
    const names: string[] = [];
    for (const effect of effects) {
      if (effect.kind !== 'Put' && effect.kind !== 'Remove') continue;
      const { name, uid = '', generation = 0 } = effect.object.metadata;
      if (effect.kind === 'Put') this.#stamps.set(name, `${uid} ${generation}`);
      else this.#stamps.delete(name);
      names.push(name);
    }
    if (names.length > 0 && this.#settled) this.#options.changed(names);
    if (effects.some(({ kind }) => kind === 'Settle')) this.#settle();
  }

  #takeTrouble(failure: Failure | undefined): void {
    if (failure === undefined || this.#settled) return;
    this.#options.troubled(failure);
    if (isRefusal(failure)) this.#refused ??= setTimeout(() => void this.#askAgain(), refusedMs);
  }

  /** Does without where they are still refused; otherwise they are about to be read. */
  async #askAgain(): Promise<void> {
    const answer = await this.#options.client.request('GET', path, { query: { limit: 1 } });
    if (this.#stopped || this.#settled) return;
    if (!answer.ok && isRefusal(answer.error)) this.#settle();
    else this.#refused = setTimeout(() => void this.#askAgain(), refusedMs);
  }

  #settle(): void {
    clearTimeout(this.#refused);
    if (this.#settled) return;
    this.#settled = true;
    this.#options.settled();
  }
}
