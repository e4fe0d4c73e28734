import { expect, it } from 'vitest';
import type { HTTPRoute } from '../../../gen/kubernetes/types.ts';
import { asApplied } from './load-live.ts';

const now = new Date('2026-05-01T10:00:00.500Z');
const route: HTTPRoute = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'a', namespace: 'b', creationTimestamp: '2020-01-01T00:00:00Z' },
  spec: {},
};

it('makes what is new the youngest, whatever its file says', () => {
  expect(asApplied(route, undefined, now).metadata.creationTimestamp).toBe('2026-05-01T10:00:00Z');
});

it('keeps of what is there what the API server sets', () => {
  const metadata = { name: 'a', namespace: 'b', creationTimestamp: '2024-01-01T00:00:00Z', uid: 'u', generation: 4 };
  const status = { parents: [] };
  const applied = asApplied(route, { ...route, metadata, status, spec: { hostnames: ['old.example'] } }, now);
  expect(applied).toEqual({ ...route, metadata, status });
});
