import type { Logger } from 'pino';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { Validate } from '../snapshot/files/validation.ts';
import type { Kind, ObjectKey, ObjectRef } from '../snapshot/object.ts';
import type { Change } from '../snapshot/snapshot.ts';
import type { AddedDefaults } from './added-defaults.ts';
import type { KubeClient } from './client.ts';
import { writesStatus } from './content.ts';
import type { Failure } from './failure.ts';
import { follow, type Follower, type ObjectEffect } from './follow.ts';
import { type InvalidObject, Kept, type Latest } from './kept.ts';
import type { ListQuery } from './list-watch.ts';
import { type Resource, resourcePath } from './resource.ts';
import { laterResourceVersion } from './resource-version.ts';

/** What a source counts. */
export interface SourceMetrics {
  /** Objects put or removed by lists and watches. */
  events(kind: Kind, count: number): void;
  /** Lists begun: more than one for each kind and namespace means that a watch could not go on. */
  list(kind: Kind): void;
  failure(kind: Kind, failure: Failure['kind']): void;
}

export interface FollowedOptions {
  readonly client: KubeClient;
  readonly validate: Validate;
  readonly kind: Kind;
  /** Empty: all of the cluster. */
  readonly namespace: string;
  readonly log: Logger;
  readonly metrics?: SourceMetrics;
  /** Objects, or what is wrong with them, changed. */
  onChange(changes: readonly Change[]): void;
  /** An object whose status is ours to write was read, even if nothing but its status differs. */
  onObserved?(ref: ObjectRef): void;
  /** The first list is complete. */
  onSettled(): void;
}

/** Only what is read is sent: tokens of ServiceAccounts and releases of Helm are most of a cluster's Secrets. */
const selectors: { readonly [K in Kind]?: ListQuery } = {
  Secret: { fieldSelector: 'type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1' },
  Pod: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
};

/** The objects of one kind, of the whole cluster or of one namespace. */
export class Followed {
  readonly #options: FollowedOptions;
  readonly #kept: Kept;
  #follower: Follower | undefined;
  #trouble: Failure | undefined;
  #settled = false;
  #resourceVersion = '';

  constructor(options: FollowedOptions) {
    this.#options = options;
    this.#kept = new Kept(options.kind, options.validate);
  }

  /** Follows the kind in the form in which the server has it now; what is known goes on being known. */
  follow(resource: Resource, added: AddedDefaults | undefined): void {
    this.#follower?.stop();
    this.#kept.added = added;
    this.#trouble = undefined;
    const { client, kind, namespace } = this.#options;
    this.#follower = follow({
      client,
      path: resourcePath(resource, namespace),
      ...(selectors[kind] === undefined ? {} : { query: selectors[kind] }),
      heard: (effects) => this.#hear(effects),
      troubled: (failure) => this.#takeTrouble(failure),
    });
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The highest that was read. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  latest(key: ObjectKey): Latest | undefined {
    return this.#kept.latest(key);
  }

  diagnostics(): readonly Diagnostic[] {
    const { kind, namespace } = this.#options;
    const what = `${kind} objects${namespace === '' ? '' : ` of namespace ${namespace}`}`;
    const trouble = this.#trouble === undefined ? [] : [troubleDiagnostic(what, this.#trouble, this.#settled)];
    return [...trouble, ...this.#kept.diagnostics()];
  }

  invalid(): readonly InvalidObject[] {
    return this.#kept.invalid();
  }

  stop(): void {
    this.#follower?.stop();
  }

  /** Lets go of every object: the kind is no longer there. */
  clear(): readonly Change[] {
    this.stop();
    return this.#kept.clear();
  }

  #takeTrouble(failure: Failure | undefined): void {
    const { kind, namespace, log, metrics } = this.#options;
    this.#trouble = failure;
    if (failure === undefined) log.info({ kind, namespace }, 'reading from the API server again');
    else {
      metrics?.failure(kind, failure.kind);
      log.warn({ kind, namespace, failure: failure.kind }, failure.message);
    }
    this.#options.onChange([]);
  }

  #hear(effects: readonly ObjectEffect[]): void {
    const { kind, metrics } = this.#options;
    const { findings } = this.#kept;
    const isOurs = writesStatus(kind);
    const changes: Change[] = [];
    let events = 0;
    let isListed = false;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'Begin':
          this.#kept.begin();
          metrics?.list(kind);
          break;
        case 'Settle':
          changes.push(...this.#kept.settle());
          isListed = true;
          break;
        case 'Put':
        case 'Remove': {
          const change = effect.kind === 'Put' ? this.#kept.put(effect.object) : this.#kept.remove(effect.object);
          if (change !== undefined) changes.push(change);
          if (isOurs) this.#options.onObserved?.(this.#kept.refOf(effect.object));
          this.#resourceVersion = laterResourceVersion(this.#resourceVersion, effect.object.metadata.resourceVersion);
          events += 1;
          break;
        }
      }
    }
    if (events > 0) metrics?.events(kind, events);
    if (changes.length > 0 || this.#kept.findings !== findings) this.#options.onChange(changes);
    if (!isListed || this.#settled) return;
    this.#settled = true;
    this.#options.onSettled();
  }
}

/** Says that something can't be read. `wasRead`: once it could, and what was read then goes on. */
export function troubleDiagnostic(what: string, failure: Failure, wasRead: boolean): Diagnostic {
  return {
    severity: wasRead ? 'warning' : 'error',
    reason: failure.kind,
    message: `The API server does not give ${what}${wasRead ? ' anew' : ''}: ${failure.message}`,
  };
}
