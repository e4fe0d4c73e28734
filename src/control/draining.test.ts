import { describe, expect, it } from 'vitest';
import { gatewayName } from '../ir/name.ts';
import { createValidator } from '../snapshot/validate/validator.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../snapshot/snapshot.ts';
import type { ControlState } from './controller.ts';
import { Draining } from './draining.ts';

const group = gatewayName('shop', 'public');

function pod(name: string, isDeleted: boolean) {
  const deletion = isDeleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  const validation = createValidator()({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', ...deletion },
    spec: { containers: [{ name: 'envoy' }] },
  });
  if (validation.kind !== 'Object') throw new Error(JSON.stringify(validation));
  return validation.object;
}

function stateWith(snapshot: Snapshot): ControlState {
  const gateway = { kind: 'Gateway', namespace: 'shop', name: 'public' } as const;
  return {
    snapshot,
    translation: {
      ir: { gateways: [] },
      gateways: [{ name: group, gateway, accepted: true, template: {} }],
      statuses: [],
      diagnostics: [],
      certificates: [],
      losses: [],
    },
    resources: new Map(),
    quarantine: new Map(),
    bindFailures: [],
  };
}

function put(snapshot: Snapshot, ...pods: readonly ReturnType<typeof pod>[]): Snapshot {
  return applyChanges(
    snapshot,
    pods.map((object) => ({ kind: 'put', object })),
  );
}

describe('draining', () => {
  function create(connected: readonly string[]) {
    const told: string[] = [];
    const draining = new Draining({
      setDraining: (of, nodeId, isDraining) => void told.push(`${of} ${nodeId} ${isDraining}`),
      state: () => connected.map((nodeId) => ({ group, nodeId })),
    });
    return { draining, told };
  }

  it('tells the proxy of a Pod that is being deleted, once, and takes it back when the Pod is gone', () => {
    const { draining, told } = create(['a', 'b']);
    const before = put(emptySnapshot, pod('a', false), pod('b', false));
    draining.update(stateWith(before));
    expect(told).toEqual([]);
    const deleted = put(before, pod('a', true));
    draining.update(stateWith(deleted));
    draining.update(stateWith(put(deleted, pod('b', false))));
    expect(told).toEqual([`${group} a true`]);
    const ref = { kind: 'Pod', namespace: 'shop', name: 'a' } as const;
    draining.update(stateWith(applyChanges(deleted, [{ kind: 'remove', ref }])));
    expect(told).toEqual([`${group} a true`, `${group} a false`]);
  });

  it('tells a proxy that comes over from another replica', () => {
    const { draining, told } = create([]);
    draining.update(stateWith(put(emptySnapshot, pod('a', true))));
    draining.connected({ group, nodeId: 'a' });
    draining.connected({ group, nodeId: 'unknown' });
    expect(told).toEqual([`${group} a true`]);
  });
});
