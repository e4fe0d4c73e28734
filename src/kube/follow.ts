import type { KubeClient } from './client.ts';
import type { Failure } from './failure.ts';
import { advance, type Effect, initialListWatch, type Input, type ListQuery, type ListWatch } from './list-watch.ts';
import { decodePage, decodeWatchEvent } from './watch-event.ts';

export type ObjectEffect = Extract<Effect, { readonly kind: 'Begin' | 'Put' | 'Remove' | 'Settle' }>;

export interface FollowOptions {
  readonly client: KubeClient;
  readonly path: string;
  /** Goes with every list and watch, as selectors do. */
  readonly query?: ListQuery;
  /** Media types other than plain JSON; a watch sends single objects where a list sends lists. */
  readonly accept?: { readonly list: string; readonly watch: string };
  /** What became known at once, in order. */
  heard(effects: readonly ObjectEffect[]): void;
  /** Requests or streams fail in a new way, and are tried again; undefined: they work again. */
  troubled(failure: Failure | undefined): void;
}

export interface Follower {
  stop(): void;
}

/** How long the server may keep a watch open, in seconds; random between, so that not all end at once. */
const watchSeconds = { from: 300, to: 600 };

/** Carries out what the list-watch of one resource asks for. */
class ListWatchRunner implements Follower {
  readonly #options: FollowOptions;
  #state: ListWatch = initialListWatch;
  #trouble: Failure | undefined;
  /** Of the request, stream or pause that is under way; what one that was given up still says does not count. */
  #current = new AbortController();

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#take({ kind: 'Start' });
  }

  stop(): void {
    this.#take({ kind: 'Stop' });
  }

  #take(input: Input): void {
    const { state, effects } = advance(this.#state, input);
    this.#state = state;
    const known: ObjectEffect[] = [];
    for (const effect of effects) if (isObjectEffect(effect)) known.push(effect);
    if (known.length > 0) this.#options.heard(known);
    if (state.kind === 'BackingOff' && state.failure !== undefined) this.#tell(state.failure);
    // A listener may have stopped this meanwhile.
    if (this.#state !== state) return;
    for (const effect of effects) this.#act(effect);
  }

  #tell(trouble: Failure | undefined): void {
    if (trouble?.kind === this.#trouble?.kind) return;
    this.#trouble = trouble;
    this.#options.troubled(trouble);
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case 'GetPage':
        void this.#getPage(effect.query, this.#supersede());
        break;
      case 'OpenStream':
        void this.#readStream(effect.query, this.#supersede());
        break;
      case 'CloseStream':
        this.#supersede();
        break;
      case 'Wait': {
        const signal = this.#supersede();
        const pause = effect.atLeastMs + Math.random() * (effect.upToMs - effect.atLeastMs);
        const timer = setTimeout(() => this.#take({ kind: 'Elapsed' }), pause);
        signal.addEventListener('abort', () => clearTimeout(timer));
        break;
      }
      case 'Begin':
      case 'Put':
      case 'Remove':
      case 'Settle':
        break;
    }
  }

  #supersede(): AbortSignal {
    this.#current.abort();
    this.#current = new AbortController();
    return this.#current.signal;
  }

  async #getPage(query: ListQuery, signal: AbortSignal): Promise<void> {
    const { client, path, accept } = this.#options;
    const all = { ...this.#options.query, ...query };
    const answer = await client.request('GET', path, {
      query: all,
      signal,
      ...(accept === undefined ? {} : { accept: accept.list }),
    });
    if (signal.aborted) return;
    if (!answer.ok) return this.#take({ kind: 'Failed', failure: answer.error });
    this.#tell(undefined);
    const page = decodePage(answer.value);
    this.#take(page === undefined ? { kind: 'Failed', failure: notAList } : { kind: 'Page', page });
  }

  async #readStream(query: ListQuery, signal: AbortSignal): Promise<void> {
    const { client, path, accept } = this.#options;
    const { from, to } = watchSeconds;
    const timeoutSeconds = Math.round(from + Math.random() * (to - from));
    const stream = client.stream(path, {
      query: { ...this.#options.query, ...query, timeoutSeconds },
      signal,
      ...(accept === undefined ? {} : { accept: accept.watch }),
    });
    for await (const step of stream) {
      if (signal.aborted) return;
      if (step.kind === 'Opened') this.#tell(undefined);
      else if (step.kind === 'Lines') this.#take({ kind: 'Events', events: step.lines.map(decodeWatchEvent) });
      else this.#take(step);
    }
  }
}

const notAList: Failure = { kind: 'Unreachable', message: 'The API server sent a list that can not be read.' };

function isObjectEffect(effect: Effect): effect is ObjectEffect {
  return effect.kind === 'Put' || effect.kind === 'Remove' || effect.kind === 'Begin' || effect.kind === 'Settle';
}

/** Follows the objects of one resource until stopped. */
export function follow(options: FollowOptions): Follower {
  return new ListWatchRunner(options);
}
