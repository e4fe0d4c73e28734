import { expect, it } from 'vitest';
import { parseObjects } from '../../test/fixture/view.ts';
import type { InvalidObject } from '../kube/kept.ts';
import type { ObjectRef } from '../snapshot/object.ts';
import { applyChanges, emptySnapshot } from '../snapshot/snapshot.ts';
import { findUnjudgedGateways, isSpared, noUnjudgedGateways } from './unjudged-gateways.ts';

const controllerName = 'sallyport.dev/gateway-controller';
const objects = `kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: ${controllerName}}
---
kind: GatewayClass
metadata: {name: theirs}
spec: {controllerName: x.dev/y}
---
kind: Gateway
metadata: {name: plain, namespace: shop}
spec: {gatewayClassName: ours, listeners: []}
---
kind: Gateway
metadata: {name: classless, namespace: shop}
spec: {gatewayClassName: gone, listeners: []}`;

const snapshot = applyChanges(
  emptySnapshot,
  parseObjects(objects).map((object) => ({ kind: 'put', object })),
);
const route: ObjectRef = { kind: 'HTTPRoute', namespace: 'shop', name: 'r' };
const ingress: ObjectRef = { kind: 'Ingress', namespace: 'shop', name: 'i' };

function invalid(name: string, gatewayClassName: string): InvalidObject {
  const ref = { kind: 'Gateway', namespace: 'shop', name } as const;
  return { ref, uid: name, generation: 1, status: {}, content: { spec: { gatewayClassName } }, diagnostics: [] };
}

const parent = (name: string, more: object = {}) => ({ parentRef: { name, ...more } });

it('knows Gateways of ours that can not be read, and those whose class is gone', () => {
  const found = findUnjudgedGateways(
    snapshot,
    [invalid('unread', 'ours'), invalid('other', 'theirs'), invalid('plain', 'ours')],
    controllerName,
  );
  expect([[...found.unreadable], [...found.classless]]).toEqual([['shop/unread'], ['shop/classless']]);
  expect(isSpared(found, route, parent('unread'))).toBe(true);
  expect(isSpared(found, { ...route, namespace: 'x' }, parent('classless', { namespace: 'shop' }))).toBe(true);
  expect(isSpared(found, route, { ancestorRef: { name: 'unread' } })).toBe(true);
  expect(isSpared(found, route, parent('plain'))).toBe(false);
  expect(isSpared(found, route, parent('unread', { namespace: 'x' }))).toBe(false);
  // Which Gateway it was can't be told any more.
  expect(isSpared(found, route, parent('set', { kind: 'ListenerSet' }))).toBe(true);
  expect(isSpared(found, ingress)).toBe(true);
});

it('spares nothing else for a class that is not there', () => {
  const found = findUnjudgedGateways(snapshot, [], controllerName);
  expect(isSpared(found, ingress)).toBe(false);
  expect(isSpared(found, route, parent('set', { kind: 'ListenerSet' }))).toBe(false);
  expect(isSpared(noUnjudgedGateways, route, parent('unread'))).toBe(false);
});
