import { describe, expect, it } from 'vitest';
import type { ProxyState } from '../ads/proxy-state.ts';
import { clusterType } from '../ads/type-url.ts';
import { gatewayName, originOf } from '../ir/name.ts';
import { objectKey, refOf } from '../snapshot/object.ts';
import { applyChanges, emptySnapshot } from '../snapshot/snapshot.ts';
import { createValidator } from '../snapshot/validate/validator.ts';
import { encodedResource } from '../xds/encoded.ts';
import type { ControlState } from './controller.ts';
import { Liveness } from './liveness.ts';

const gateway = gatewayName('shop', 'public');

function createRoute(generation: number) {
  const validation = createValidator()({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'cart', namespace: 'shop', generation },
    spec: { parentRefs: [{ name: 'public' }] },
  });
  if (validation.kind !== 'Object') throw new Error(JSON.stringify(validation));
  return validation.object;
}

function stateOf(generation: number): ControlState {
  const object = createRoute(generation);
  const origins = [originOf(objectKey(refOf(object)))];
  const resource = encodedResource(clusterType, 'cart', new Uint8Array([1]), origins, []);
  return {
    snapshot: applyChanges(emptySnapshot, [{ kind: 'put', object }]),
    translation: { ir: { gateways: [] }, gateways: [], statuses: [], diagnostics: [], certificates: [], losses: [] },
    resources: new Map([[gateway, new Map([[clusterType, new Map([['cart', resource]])]])]]),
    quarantine: new Map(),
    bindFailures: [],
  };
}

function proxy(nodeId: string, acknowledged: number | undefined): ProxyState {
  return {
    stream: nodeId.charCodeAt(0),
    group: gateway,
    nodeId,
    connectedMs: 0,
    acknowledged,
    settled: true,
    draining: false,
    ahead: false,
    types: [],
    lastRefusal: undefined,
  };
}

describe('where an object is live', () => {
  const ref = refOf(createRoute(1));

  it('is on the proxies that have acknowledged the turn in which it changed, or a later one', () => {
    let now = 1_000;
    const liveness = new Liveness(() => now);
    liveness.turned(7, [{ kind: 'put', object: createRoute(1) }]);
    liveness.published(gateway, 7);
    liveness.published(gateway, 9);
    now = 2_000;
    liveness.synced(proxy('a', 9), 9);
    const { proxies, generation } = liveness.describe(ref, stateOf(1), [
      proxy('a', 9),
      proxy('b', 6),
      proxy('c', undefined),
    ]);
    expect(generation).toBe(1);
    expect(proxies.map(({ live }) => live)).toEqual([true, false, false]);
    expect(proxies[0]?.since).toBe('1970-01-01T00:00:02.000Z');
  });

  it('needs no new generation where the change made none', () => {
    const liveness = new Liveness(() => 1_000);
    liveness.published(gateway, 3);
    liveness.turned(7, [{ kind: 'put', object: createRoute(2) }]);
    expect(liveness.describe(ref, stateOf(2), [proxy('a', 3)]).proxies[0]?.live).toBe(true);
    liveness.published(gateway, 8);
    expect(liveness.describe(ref, stateOf(2), [proxy('a', 3)]).proxies[0]?.live).toBe(true);
  });

  it('is nowhere for an object that is not there', () => {
    const liveness = new Liveness(() => 0);
    const state = { ...stateOf(1), snapshot: emptySnapshot, resources: new Map() };
    expect(liveness.describe(ref, state, [proxy('a', 1)])).toMatchObject({ found: false, gateways: [], proxies: [] });
  });
});
