import { unreachable as never } from '../lib/never.ts';
import type { Failure } from './failure.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { Page, RawObject, WatchEvent } from './watch-event.ts';

/*
 * How the objects of one resource are followed: a list, then a watch from where the list ended, and again where the
 * server says that too much was missed. Pure: what happens goes in, what to do comes out.
 */

/** What to go on with after a pause. */
type Next = { readonly kind: 'List' } | { readonly kind: 'Watch'; readonly resourceVersion: string };

type Phase =
  | { readonly kind: 'Stopped' }
  /** A watch that sends everything there is first, until the bookmark that says so. */
  | { readonly kind: 'StreamingList' }
  /** A list in pages. `resourceVersion`: of the first page, from which the watch goes on. */
  | { readonly kind: 'PagingList'; readonly resourceVersion: string | undefined; readonly whole: boolean }
  /** `heard`: the server has sent something since this watch was opened. */
  | { readonly kind: 'Watching'; readonly resourceVersion: string; readonly heard: boolean }
  | { readonly kind: 'BackingOff'; readonly next: Next; readonly failure: Failure | undefined };

export type ListWatch = Phase & {
  /** Whether the server was not yet found to lack streaming lists. */
  readonly streams: boolean;
  /** Failures since a watch last heard something: a list alone does not tell that the watch after it will last. */
  readonly failures: number;
};

export type Input =
  | { readonly kind: 'Start' }
  | { readonly kind: 'Stop' }
  | { readonly kind: 'Elapsed' }
  | { readonly kind: 'Page'; readonly page: Page }
  | { readonly kind: 'Events'; readonly events: readonly WatchEvent[] }
  /** The server ended the stream in good order. */
  | { readonly kind: 'Closed' }
  | { readonly kind: 'Failed'; readonly failure: Failure };

export type ListQuery = { readonly [name: string]: string | number | boolean };

export type Effect =
  | { readonly kind: 'GetPage'; readonly query: ListQuery }
  | { readonly kind: 'OpenStream'; readonly query: ListQuery }
  | { readonly kind: 'CloseStream' }
  /** Go on after a random part of `upToMs`, but not before `atLeastMs`. */
  | { readonly kind: 'Wait'; readonly atLeastMs: number; readonly upToMs: number }
  /** A list begins: what is not put until `Settle` is gone. What is known goes on being known until then. */
  | { readonly kind: 'Begin' }
  | { readonly kind: 'Put'; readonly object: RawObject }
  | { readonly kind: 'Remove'; readonly object: RawObject }
  | { readonly kind: 'Settle' };

export interface Step {
  readonly state: ListWatch;
  readonly effects: readonly Effect[];
}

export const initialListWatch: ListWatch = { kind: 'Stopped', streams: true, failures: 0 };

const pageSize = 100;
const firstPauseMs = 100;
const longestPauseMs = 15_000;

/** What happens next, and what is to be done for it. */
export function advance(state: ListWatch, input: Input): Step {
  if (input.kind === 'Stop') {
    const { streams } = state;
    return { state: { kind: 'Stopped', streams, failures: 0 }, effects: [{ kind: 'CloseStream' }] };
  }
  switch (state.kind) {
    case 'Stopped':
      return input.kind === 'Start' ? list(state) : { state, effects: [] };
    case 'BackingOff':
      if (input.kind !== 'Elapsed') return { state, effects: [] };
      return state.next.kind === 'List' ? list(state) : watch(state, state.next.resourceVersion, []);
    case 'StreamingList':
      return duringStreamingList(state, input);
    case 'PagingList':
      return duringPagingList(state, input);
    case 'Watching':
      return duringWatch(state, input);
    default:
      return never(state);
  }
}

function list(state: ListWatch, whole = false): Step {
  const { streams, failures } = state;
  if (!streams) {
    const query: ListQuery = whole ? {} : { limit: pageSize };
    return {
      state: { kind: 'PagingList', resourceVersion: undefined, whole, streams, failures },
      effects: [{ kind: 'Begin' }, { kind: 'GetPage', query }],
    };
  }
  const query = {
    watch: true,
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  };
  return {
    state: { kind: 'StreamingList', streams, failures },
    effects: [{ kind: 'Begin' }, { kind: 'OpenStream', query }],
  };
}

function watch({ streams, failures }: ListWatch, resourceVersion: string, before: readonly Effect[]): Step {
  const query = { watch: true, resourceVersion, allowWatchBookmarks: true };
  return {
    state: { kind: 'Watching', resourceVersion, heard: false, streams, failures },
    effects: [...before, { kind: 'OpenStream', query }],
  };
}

function backOff(state: ListWatch, next: Next, failure: Failure | undefined, before: readonly Effect[] = []): Step {
  const { streams, failures } = state;
  const atLeastMs = failure !== undefined && 'retryAfterMs' in failure ? failure.retryAfterMs : 0;
  const upToMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20));
  return {
    state: { kind: 'BackingOff', next, failure, streams, failures: failures + 1 },
    effects: [...before, { kind: 'CloseStream' }, { kind: 'Wait', atLeastMs, upToMs: atLeastMs + upToMs }],
  };
}

function duringStreamingList(state: ListWatch & { readonly kind: 'StreamingList' }, input: Input): Step {
  switch (input.kind) {
    case 'Events':
      return takeList(state, input.events);
    case 'Failed':
      // A server without streaming lists refuses the request; one that fails in the middle is asked again.
      if (input.failure.kind === 'Invalid') return list({ ...state, streams: false });
      return backOff(state, { kind: 'List' }, input.failure);
    case 'Closed':
      // It began to watch without a list: it does not know what it was asked for.
      return list({ ...state, streams: false });
    case 'Page':
    case 'Start':
    case 'Elapsed':
    case 'Stop':
      return { state, effects: [] };
    default:
      return never(input);
  }
}

function takeList(state: ListWatch & { readonly kind: 'StreamingList' }, events: readonly WatchEvent[]): Step {
  const effects: Effect[] = [];
  for (const [at, event] of events.entries()) {
    switch (event.kind) {
      case 'Put':
      case 'Remove':
        effects.push(event);
        break;
      case 'Bookmark': {
        if (!event.listed) break;
        effects.push({ kind: 'Settle' });
        const { resourceVersion } = event;
        const watching = { ...state, kind: 'Watching', resourceVersion, heard: false } as const;
        return takeEvents(watching, events.slice(at + 1), effects);
      }
      case 'Error':
        if (event.failure.kind === 'Invalid') {
          const next = list({ ...state, streams: false });
          return { ...next, effects: [...effects, { kind: 'CloseStream' }, ...next.effects] };
        }
        return backOff(state, { kind: 'List' }, event.failure, effects);
      default:
        return never(event);
    }
  }
  return { state, effects };
}

function duringPagingList(state: ListWatch & { readonly kind: 'PagingList' }, input: Input): Step {
  switch (input.kind) {
    case 'Page': {
      const { page } = input;
      const resourceVersion = state.resourceVersion ?? page.resourceVersion;
      const puts = page.objects.map((object): Effect => ({ kind: 'Put', object }));
      if (page.continue === '') return watch(state, resourceVersion, [...puts, { kind: 'Settle' }]);
      const query = { limit: pageSize, continue: page.continue };
      return { state: { ...state, resourceVersion }, effects: [...puts, { kind: 'GetPage', query }] };
    }
    case 'Failed':
      // The pages took so long that the first is forgotten: all at once, then.
      if (input.failure.kind === 'Gone' && !state.whole) return list(state, true);
      return backOff(state, { kind: 'List' }, input.failure);
    case 'Events':
    case 'Closed':
    case 'Start':
    case 'Elapsed':
    case 'Stop':
      return { state, effects: [] };
    default:
      return never(input);
  }
}

type Watching = ListWatch & { readonly kind: 'Watching' };

function duringWatch(state: Watching, input: Input): Step {
  switch (input.kind) {
    case 'Events':
      return takeEvents(state, input.events, []);
    case 'Closed': {
      const { resourceVersion } = state;
      if (state.heard) return watch(state, resourceVersion, []);
      return backOff(state, { kind: 'Watch', resourceVersion }, undefined);
    }
    case 'Failed':
      return failWatch(state, input.failure, []);
    case 'Page':
    case 'Start':
    case 'Elapsed':
    case 'Stop':
      return { state, effects: [] };
    default:
      return never(input);
  }
}

/** A watch sends what comes after its resourceVersion, in order: what does not was seen before. */
function takeEvents(state: Watching, events: readonly WatchEvent[], effects: Effect[]): Step {
  let { resourceVersion, heard } = state;
  for (const event of events) {
    if (event.kind === 'Error') return failWatch({ ...state, resourceVersion, heard }, event.failure, effects);
    heard = true;
    const version = event.kind === 'Bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (compareResourceVersions(version, resourceVersion) <= 0) continue;
    resourceVersion = version;
    if (event.kind !== 'Bookmark') effects.push(event);
  }
  return { state: { ...state, resourceVersion, heard, failures: heard ? 0 : state.failures }, effects };
}

function failWatch(state: Watching, failure: Failure, effects: readonly Effect[]): Step {
  const { resourceVersion } = state;
  switch (failure.kind) {
    case 'Gone': {
      // At once the first time: the server has just said what helps.
      if (state.failures > 0) return backOff(state, { kind: 'List' }, failure, effects);
      const next = list({ ...state, failures: 1 });
      return { ...next, effects: [...effects, { kind: 'CloseStream' }, ...next.effects] };
    }
    case 'ResourceVersionTooLarge':
    case 'Invalid':
      return backOff(state, { kind: 'List' }, failure, effects);
    case 'NotFound':
    case 'AlreadyExists':
    case 'Conflict':
    case 'Forbidden':
    case 'Unauthorized':
    case 'TooManyRequests':
    case 'ServerFault':
    case 'Unreachable':
    case 'Cancelled':
      return backOff(state, { kind: 'Watch', resourceVersion }, failure, effects);
    default:
      return never(failure);
  }
}
