import type { Logger } from 'pino';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { Validate } from '../snapshot/files/validation.ts';
import { type Kind, kindTable, objectKey, type ObjectRef } from '../snapshot/object.ts';
import type { Change } from '../snapshot/snapshot.ts';
import type { KubeClient } from './client.ts';
import type { Feature } from './discovery.ts';
import type { Failure } from './failure.ts';
import { watchFeatures } from './features.ts';
import type { Follower } from './follow.ts';
import { Followed, type SourceMetrics, troubleDiagnostic } from './followed.ts';
import type { InvalidObject, Latest } from './kept.ts';
import type { Resource } from './resource.ts';
import { laterResourceVersion } from './resource-version.ts';

export interface KubeSourceOptions {
  readonly client: KubeClient;
  readonly validate: Validate;
  /** The kinds to read. Pods cost most and are wanted only where something asks for them. */
  readonly wants: readonly Kind[];
  /** Absent: all of the cluster. */
  readonly namespaces?: readonly string[];
  /**
   * Called with all that is there once every kind is read, then for each change. Where only findings changed, and that
   * may be before, `changes` is empty.
   */
  onChange(changes: readonly Change[]): void;
  /** An object whose status is ours to write was read, even if nothing but its status differs. */
  onObserved?(ref: ObjectRef): void;
  /** Once, right after the call of `onChange` with all that is there. */
  onSynced(): void;
  /** Which kinds the server has; called before their objects come or go. */
  onFeatures(features: readonly Feature[]): void;
  readonly log: Logger;
  readonly metrics?: SourceMetrics;
}

/** The objects of a cluster, followed. */
export interface KubeSource {
  diagnostics(): readonly Diagnostic[];
  /** Objects whose newest version does not pass, of kinds whose status is ours to write. */
  invalid(): readonly InvalidObject[];
  /** What a writer must know of an object as it was last read; undefined: there is none. */
  latest(ref: ObjectRef): Latest | undefined;
  /** How the server serves a kind; undefined: it does not. */
  resource(kind: Kind): Resource | undefined;
  /** Whether all of a kind was read once, or the server does not have it. */
  synced(kind: Kind): boolean;
  /** The highest resourceVersion read; empty before the first. */
  resourceVersion(): string;
  close(): void;
}

type Served = Extract<Feature, { readonly kind: 'Served' }>;

class ClusterSource implements KubeSource {
  readonly #options: KubeSourceOptions;
  readonly #features: Follower;
  readonly #served = new Map<Kind, Served>();
  /** By namespace, or under the empty name for the whole cluster. */
  readonly #streams = new Map<Kind, ReadonlyMap<string, Followed>>();
  /** Changes before everything is read. */
  #early: Change[] | undefined = [];
  #discovered = false;
  #resourceVersion = '';
  #discoveryTrouble: Failure | undefined;

  constructor(options: KubeSourceOptions) {
    this.#options = options;
    this.#features = watchFeatures({
      client: options.client,
      kinds: options.wants,
      onFeatures: (features) => this.#takeFeatures(features),
      troubled: (failure) => {
        if (failure === undefined && this.#discoveryTrouble === undefined) return;
        this.#discoveryTrouble = failure;
        options.onChange([]);
      },
    });
  }

  diagnostics(): readonly Diagnostic[] {
    const trouble = this.#discoveryTrouble;
    return [
      ...(trouble === undefined ? [] : [troubleDiagnostic('the kinds that it has', trouble, this.#discovered)]),
      ...this.#all().flatMap((followed) => followed.diagnostics()),
    ];
  }

  invalid(): readonly InvalidObject[] {
    return this.#all().flatMap((followed) => followed.invalid());
  }

  latest(ref: ObjectRef): Latest | undefined {
    const streams = this.#streams.get(ref.kind);
    return (streams?.get('') ?? streams?.get(ref.namespace))?.latest(objectKey(ref));
  }

  resource(kind: Kind): Resource | undefined {
    return this.#served.get(kind)?.resource;
  }

  synced(kind: Kind): boolean {
    return this.#discovered && [...(this.#streams.get(kind)?.values() ?? [])].every(({ settled }) => settled);
  }

  resourceVersion(): string {
    for (const { resourceVersion } of this.#all())
      this.#resourceVersion = laterResourceVersion(this.#resourceVersion, resourceVersion);
    return this.#resourceVersion;
  }

  close(): void {
    this.#features.stop();
    for (const followed of this.#all()) followed.stop();
  }

  #all(): readonly Followed[] {
    return [...this.#streams.values()].flatMap((streams) => [...streams.values()]);
  }

  #takeFeatures(features: readonly Feature[]): void {
    this.#discovered = true;
    this.#options.onFeatures(features);
    for (const feature of features) {
      if (feature.kind === 'Served') this.#serve(feature);
      else this.#forget(feature.of);
    }
    this.#checkSynced();
  }

  #serve(served: Served): void {
    const { of: kind, resource, added } = served;
    const known = this.#served.get(kind);
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(served)) return;
    this.#served.set(kind, served);
    const namespaces = kindTable[kind].namespaced ? (this.#options.namespaces ?? ['']) : [''];
    const streams = this.#streams.get(kind) ?? new Map(namespaces.map((one) => [one, this.#followed(kind, one)]));
    this.#streams.set(kind, streams);
    for (const followed of streams.values()) followed.follow(resource, added);
  }

  #followed(kind: Kind, namespace: string): Followed {
    return new Followed({
      ...this.#options,
      kind,
      namespace,
      onChange: (changes) => this.#give(changes),
      onSettled: () => this.#checkSynced(),
    });
  }

  /** The kind went away with its definition, and its objects with it. */
  #forget(kind: Kind): void {
    const streams = this.#streams.get(kind);
    if (streams === undefined) return;
    // What was read of it stays in the mark.
    this.resourceVersion();
    this.#served.delete(kind);
    this.#streams.delete(kind);
    this.#give([...streams.values()].flatMap((followed) => followed.clear()));
  }

  #give(changes: readonly Change[]): void {
    // What is wrong with what is read is told at once.
    if (this.#early === undefined || changes.length === 0) this.#options.onChange(changes);
    else for (const change of changes) this.#early.push(change);
  }

  #checkSynced(): void {
    if (this.#early === undefined || !this.#options.wants.every((kind) => this.synced(kind))) return;
    const changes = this.#early;
    this.#early = undefined;
    this.#options.onChange(changes);
    this.#options.onSynced();
  }
}

/** Follows every wanted kind that the server has. Nothing is lost while the server is away: what is known goes on. */
export function createKubeSource(options: KubeSourceOptions): KubeSource {
  return new ClusterSource(options);
}
