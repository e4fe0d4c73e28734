import { describe, expect, it } from 'vitest';
import { gatewayName, originOf } from '../ir/name.ts';
import type { AnyObject } from '../snapshot/object.ts';
import { contentOf, PeerRefusals, refusalsOf } from './peer-refusals.ts';

const gateway = gatewayName('shop', 'public');
const origin = originOf('HTTPRoute/shop/cart');

function route(path: string, resourceVersion: string): AnyObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'cart', namespace: 'shop', uid: 'u', resourceVersion },
    spec: { rules: [{ matches: [{ path: { type: 'RegularExpression', value: path } }] }] },
  };
}

describe('what another replica refuses', () => {
  const told = refusalsOf(new Map([[gateway, new Map([[origin, 'no argument for +']])]]), () => route('+', '5'));

  it('is left out here too, whatever the resourceVersion', () => {
    const peers = new PeerRefusals();
    expect(peers.learn('b', told)).toBe(true);
    const quarantine = peers.addTo(new Map(), () => route('+', '9'));
    expect(quarantine.get(gateway)?.get(origin)).toBe('no argument for +');
  });

  it('is let in as soon as the object differs, or is gone', () => {
    const peers = new PeerRefusals();
    peers.learn('b', told);
    expect(peers.addTo(new Map(), () => route('/cart', '9')).size).toBe(0);
    expect(peers.addTo(new Map(), () => undefined).size).toBe(0);
  });

  it('is forgotten when that replica no longer says so', () => {
    const peers = new PeerRefusals();
    peers.learn('b', told);
    expect(peers.learn('b', told)).toBe(false);
    expect(peers.learn('b', [])).toBe(true);
    expect(peers.addTo(new Map(), () => route('+', '5')).size).toBe(0);
  });

  it('does not hold what is only suspected', () => {
    expect(refusalsOf(new Map([[gateway, new Map([[origin, undefined]])]]), () => route('+', '5'))).toEqual([]);
  });

  it('is told apart by content', () => {
    expect(contentOf(route('+', '1'))).toBe(contentOf(route('+', '2')));
    expect(contentOf(route('+', '1'))).not.toBe(contentOf(route('*', '1')));
  });
});
