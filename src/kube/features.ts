import type { Kind } from '../snapshot/object.ts';
import type { KubeClient } from './client.ts';
import { Definitions } from './definitions.ts';
import { discover, type Feature, isRelevantDefinition } from './discovery.ts';
import type { Failure } from './failure.ts';
import type { Follower } from './follow.ts';

export interface FeaturesOptions {
  readonly client: KubeClient;
  readonly kinds: readonly Kind[];
  /** What the server has, when it is first known and whenever it differs. */
  onFeatures(features: readonly Feature[]): void;
  troubled(failure: Failure | undefined): void;
}

/**
 * When to look after a definition changed, in milliseconds: what discovery says lags behind it, by up to some seconds
 * for one that is new.
 */
const lookAfterMs = [50, 300, 1000, 3000, 8000];
/** Where definitions may not be watched, and for whatever was missed. */
const lookEveryMs = 60_000;
const retryMs = 1000;

/** Knows which kinds the server has, and notices when definitions come and go. */
class FeatureWatch implements Follower {
  readonly #options: FeaturesOptions;
  readonly #definitions: Definitions;
  #everyMinute: NodeJS.Timeout | undefined;
  #planned: readonly NodeJS.Timeout[] = [];
  #told: readonly Feature[] = [];
  /** Kinds that the last look missed: one look may meet a server that is just starting. */
  #missed: ReadonlySet<Kind> = new Set();
  #isLooking = false;
  #stopped = false;

  constructor(options: FeaturesOptions) {
    this.#options = options;
    this.#definitions = new Definitions({
      client: options.client,
      changed: (names) => {
        if (names.some((name) => isRelevantDefinition(name, options.kinds))) this.#plan(lookAfterMs);
      },
      // Objects are not read before it is known what their definitions add.
      settled: () => {
        this.#everyMinute = setInterval(() => void this.#look(), lookEveryMs);
        void this.#look();
      },
      troubled: (failure) => options.troubled(failure),
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#definitions.stop();
    clearInterval(this.#everyMinute);
    this.#plan([]);
  }

  #plan(delaysMs: readonly number[]): void {
    for (const timer of this.#planned) clearTimeout(timer);
    this.#planned = delaysMs.map((delay) => setTimeout(() => void this.#look(), delay));
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const served = await discover(this.#options.client, this.#options.kinds);
    const found = served.ok ? await this.#definitions.complete(served.value) : served;
    this.#isLooking = false;
    if (this.#stopped) return;
    if (!found.ok) {
      this.#options.troubled(found.error);
      this.#plan([retryMs * (0.5 + Math.random())]);
      return;
    }
    this.#options.troubled(undefined);
    this.#tell(found.value);
  }

  #tell(found: readonly Feature[]): void {
    const missed = new Set<Kind>();
    const features = found.map((feature) => {
      const told = this.#told.find(({ of }) => of === feature.of);
      if (feature.kind === 'Served' || told?.kind !== 'Served') return feature;
      missed.add(feature.of);
      return this.#missed.has(feature.of) ? feature : told;
    });
    if ([...missed].some((kind) => !this.#missed.has(kind))) this.#plan(lookAfterMs.slice(2));
    this.#missed = missed;
    if (JSON.stringify(features) === JSON.stringify(this.#told)) return;
    this.#told = features;
    this.#options.onFeatures(features);
  }
}

/** Tells which kinds the server has, at first and whenever that changes, until stopped. */
export function watchFeatures(options: FeaturesOptions): Follower {
  return new FeatureWatch(options);
}
