import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanceLeadership,
  initialLeadership,
  leaseMs,
  type Leadership,
  type LeaseRecord,
  renewMs,
  retryMs,
} from './leadership.ts';

const lease = (holder: string, resourceVersion = '1'): LeaseRecord => ({
  holder,
  durationMs: leaseMs,
  transitions: 0,
  acquireTime: undefined,
  resourceVersion,
});
const leading = (renewedMs: number): Leadership => ({ kind: 'Leading', renewedMs, lease: lease('me') });

describe('a replica that follows', () => {
  it('makes a Lease that is not there or that nobody holds its own', () => {
    for (const found of [undefined, lease('')]) {
      const step = advanceLeadership(initialLeadership, 'me', { kind: 'Read', nowMs: 0, lease: found });
      expect(step.effect).toEqual({ kind: 'Write', over: found });
    }
  });

  it('takes a Lease over only when it was not renewed for as long as it holds', () => {
    const read = (state: Leadership, nowMs: number, version: string) =>
      advanceLeadership(state, 'me', { kind: 'Read', nowMs, lease: lease('other', version) });
    const first = read(initialLeadership, 0, '1');
    expect(first.effect).toBeUndefined();
    const renewed = read(first.state, leaseMs - 1, '2');
    expect(renewed.effect).toBeUndefined();
    expect(read(renewed.state, 2 * leaseMs - 2, '2').effect).toBeUndefined();
    expect(read(renewed.state, 2 * leaseMs - 1, '2').effect).toMatchObject({ kind: 'Write' });
  });
});

describe('a replica that leads', () => {
  it('renews without reading, and reads first after somebody may have written', () => {
    const tick = { kind: 'Tick', nowMs: retryMs } as const;
    expect(advanceLeadership(leading(0), 'me', tick).effect).toEqual({ kind: 'Write', over: lease('me') });
    const failed = advanceLeadership(leading(0), 'me', { kind: 'Failed', nowMs: retryMs });
    expect(failed.state.kind).toBe('Leading');
    expect(advanceLeadership(failed.state, 'me', { kind: 'Tick', nowMs: 2 * retryMs }).effect).toEqual({
      kind: 'Read',
    });
  });

  it('leads no more when it could not renew in time, or when another holds the Lease', () => {
    expect(advanceLeadership(leading(0), 'me', { kind: 'Failed', nowMs: renewMs }).state).toEqual(initialLeadership);
    const taken = advanceLeadership(leading(0), 'me', { kind: 'Read', nowMs: 1, lease: lease('other', '2') });
    expect(taken.state.kind).toBe('Following');
  });
});

it('never lets two replicas lead at once, whatever fails or hangs, however their clocks are set', () => {
  const names = ['a', 'b', 'c'] as const;
  interface Replica {
    state: Leadership;
    /** An answer that has not come yet. */
    pending: Parameters<typeof advanceLeadership>[2] | undefined;
    readonly offset: number;
  }
  const fate = fc.constantFrom('Answered', 'Late', 'LateFailure', 'Refused');
  const turn = fc.record({ who: fc.nat(2), fate, passMs: fc.nat(4000) });
  fc.assert(
    fc.property(fc.array(turn, { minLength: 20, maxLength: 200 }), (turns) => {
      let now = 0;
      let stored: LeaseRecord | undefined;
      let version = 0;
      let everLed = false;
      const replicas = names.map((_, i): Replica => ({
        state: initialLeadership,
        pending: undefined,
        offset: i * 5e6,
      }));
      const serve = (self: string, at: number, effect: { kind: string; over?: LeaseRecord | undefined }) => {
        if (effect.kind === 'Read') return { kind: 'Read', nowMs: at, lease: stored } as const;
        if (stored?.resourceVersion !== effect.over?.resourceVersion) return { kind: 'Failed', nowMs: at } as const;
        version += 1;
        stored = lease(self, String(version));
        return { kind: 'Written', nowMs: at, begunMs: at, lease: stored } as const;
      };
      for (const { who, fate, passMs } of turns) {
        now += passMs;
        const replica = replicas[who]!;
        const self = names[who]!;
        const at = now + replica.offset;
        let input: Parameters<typeof advanceLeadership>[2] | undefined = replica.pending ?? { kind: 'Tick', nowMs: at };
        replica.pending = undefined;
        input = { ...input, nowMs: at };
        while (input !== undefined) {
          const step = advanceLeadership(replica.state, self, input);
          replica.state = step.state;
          input = undefined;
          if (step.effect === undefined) break;
          if (fate === 'Refused') input = { kind: 'Failed', nowMs: at };
          else {
            const answer = serve(self, at, step.effect);
            if (fate === 'Answered') input = answer;
            else replica.pending = fate === 'Late' ? answer : { kind: 'Failed', nowMs: at };
          }
        }
        const leaders = replicas.filter(
          ({ state, offset }) => state.kind === 'Leading' && now + offset - state.renewedMs < renewMs,
        );
        expect(leaders.length).toBeLessThanOrEqual(1);
        everLed ||= leaders.length === 1;
      }
      fc.pre(everLed);
    }),
    { numRuns: 500 },
  );
});
