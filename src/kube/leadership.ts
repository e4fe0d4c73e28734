import { unreachable } from '../lib/never.ts';

/*
 * Who of several replicas leads: the holder of a Lease that is renewed in time. Pure; times are milliseconds of one
 * replica's own steady clock, and none is ever compared with another replica's.
 */

/** How long a Lease holds after others saw it renewed. */
export const leaseMs = 9_000;
/** A leader that could not renew for this long leads no more: well before others may take over. */
export const renewMs = 6_000;
/** How often a leader renews, and others look. */
export const retryMs = 1_500;

/** A Lease as it was read. */
export interface LeaseRecord {
  /** Empty: nobody, after a leader that ended in good order. */
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  readonly acquireTime: string | undefined;
  readonly resourceVersion: string;
}

export type Leadership =
  /** `seen`: the version that was last read and since when it was the last. */
  | { readonly kind: 'Following'; readonly seen: Seen | undefined }
  /** `lease` is undefined where somebody else may have written it. */
  | { readonly kind: 'Leading'; readonly renewedMs: number; readonly lease: LeaseRecord | undefined };

interface Seen {
  readonly resourceVersion: string;
  readonly sinceMs: number;
}

export type LeaseInput =
  /** Time to look or to renew. */
  | { readonly kind: 'Tick'; readonly nowMs: number }
  | { readonly kind: 'Read'; readonly nowMs: number; readonly lease: LeaseRecord | undefined }
  /** A write that was begun at `begunMs` succeeded. */
  | { readonly kind: 'Written'; readonly nowMs: number; readonly begunMs: number; readonly lease: LeaseRecord }
  /** A read or write did not succeed. */
  | { readonly kind: 'Failed'; readonly nowMs: number };

export type LeaseEffect =
  | { readonly kind: 'Read' }
  /** Makes the Lease ours: over the one that was read, or a new one. */
  | { readonly kind: 'Write'; readonly over: LeaseRecord | undefined };

export interface LeaseStep {
  readonly state: Leadership;
  readonly effect: LeaseEffect | undefined;
}

export const initialLeadership: Leadership = { kind: 'Following', seen: undefined };

/** What `self` does next. A leader is in time only while `nowMs` of each step is. */
export function advanceLeadership(before: Leadership, self: string, input: LeaseInput): LeaseStep {
  const state = inTime(before, input.nowMs);
  switch (input.kind) {
    case 'Tick':
      return state.kind === 'Leading' && state.lease !== undefined
        ? { state, effect: { kind: 'Write', over: state.lease } }
        : { state, effect: { kind: 'Read' } };
    case 'Read':
      return takeRead(state, self, input.lease, input.nowMs);
    case 'Written': {
      // Others count from when they see the write, which is never before it was begun.
      const leading = { kind: 'Leading', renewedMs: input.begunMs, lease: input.lease } as const;
      return { state: inTime(leading, input.nowMs), effect: undefined };
    }
    case 'Failed':
      return { state: state.kind === 'Leading' ? { ...state, lease: undefined } : state, effect: undefined };
    default:
      return unreachable(input);
  }
}

function inTime(state: Leadership, nowMs: number): Leadership {
  return state.kind === 'Leading' && nowMs - state.renewedMs >= renewMs ? initialLeadership : state;
}

function takeRead(state: Leadership, self: string, lease: LeaseRecord | undefined, nowMs: number): LeaseStep {
  if (lease === undefined || lease.holder === self || lease.holder === '')
    return { state, effect: { kind: 'Write', over: lease } };
  const last = state.kind === 'Following' ? state.seen : undefined;
  const { resourceVersion } = lease;
  const seen = last?.resourceVersion === resourceVersion ? last : { resourceVersion, sinceMs: nowMs };
  const isOver = nowMs - seen.sinceMs >= lease.durationMs;
  return { state: { kind: 'Following', seen }, effect: isOver ? { kind: 'Write', over: lease } : undefined };
}
