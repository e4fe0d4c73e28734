import { expect, it } from 'vitest';
import type { AnyObject } from '../snapshot/object.ts';
import { createValidator } from '../snapshot/validate/validator.ts';
import { Kept } from './kept.ts';
import type { RawObject } from './watch-event.ts';

const good = {
  targetRefs: [{ group: '', kind: 'Service', name: 'cart' }],
  validation: { hostname: 'cart.example', wellKnownCACertificates: 'System' },
};
const bad = { ...good, validation: { ...good.validation, fromTomorrow: true } };
let version = 0;

function policy(spec: unknown, uid = 'first'): RawObject {
  version += 1;
  const metadata = { namespace: 'shop', name: 'cart', uid, generation: version, resourceVersion: String(version) };
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'BackendTLSPolicy', metadata, spec };
}

function follow(): { put: (raw: RawObject) => AnyObject | 'gone' | undefined; kept: Kept } {
  const kept = new Kept('BackendTLSPolicy', createValidator());
  return {
    kept,
    put: (raw) => {
      const change = kept.put(raw);
      return change?.kind === 'put' ? change.object : change && 'gone';
    },
  };
}

it('lets something stand in for a policy that never passed, until one does', () => {
  const { kept, put } = follow();
  const { targetRefs } = good;
  expect(put(policy(bad))).toMatchObject({ spec: { targetRefs }, unreadable: expect.stringContaining('fromTomorrow') });
  // Its condition is made as that of any policy.
  expect([kept.invalid(), kept.diagnostics()]).toMatchObject([[], [{ field: 'spec.validation.fromTomorrow' }]]);
  const other = { ...bad, validation: { ...good.validation, fromNextYear: true } };
  expect(put(policy(other))).toMatchObject({ unreadable: expect.stringContaining('fromNextYear') });
  expect(put(policy(good))).toEqual(expect.not.objectContaining({ unreadable: expect.anything() }));
});

it('keeps the version that passed when the next does not', () => {
  const { kept, put } = follow();
  put(policy(good));
  expect(put(policy(bad))).toBeUndefined();
  expect(kept.invalid()).toMatchObject([{ ref: { name: 'cart' } }]);
});

it('does not take the version of another object of the same name', () => {
  const { put } = follow();
  put(policy(good));
  expect(put(policy(bad, 'second'))).toMatchObject({ unreadable: expect.anything() });
});
