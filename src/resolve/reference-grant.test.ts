import { describe, expect, it } from 'vitest';
import { parseObjects, readerOf, viewOf } from '../../test/fixture/view.ts';
import { isReferencePermitted } from './reference-grant.ts';

const from = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'web' };
const to = { group: '', kind: 'Service', namespace: 'shop', name: 'cart' };

function permitted(grant: string, target = to): boolean {
  return isReferencePermitted(readerOf(viewOf(parseObjects(grant))), from, target);
}

function grant(fromPart: string, toPart: string, namespace = 'shop'): string {
  return `kind: ReferenceGrant\nmetadata: {name: g, namespace: ${namespace}}\nspec: {from: ${fromPart}, to: ${toPart}}`;
}

const routes = '[{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}]';

describe('isReferencePermitted', () => {
  it('lets references stay in their namespace', () => {
    expect(permitted('', { ...to, namespace: 'web' })).toBe(true);
  });

  it.each([
    ['all Services', grant(routes, '[{group: "", kind: Service}]'), true],
    ['this Service', grant(routes, '[{group: "", kind: Service, name: cart}]'), true],
    ['one of several', grant(routes, '[{group: "", kind: Secret}, {group: "", kind: Service, name: cart}]'), true],
    ['nothing', '', false],
    ['another Service', grant(routes, '[{group: "", kind: Service, name: bank}]'), false],
    ['another kind', grant(routes, '[{group: "", kind: Secret}]'), false],
    ['another group', grant(routes, '[{group: x.dev, kind: Service}]'), false],
    ['another route kind', grant(routes.replace('HTTPRoute', 'GRPCRoute'), '[{group: "", kind: Service}]'), false],
    ['another namespace', grant(routes.replace('web', 'bank'), '[{group: "", kind: Service}]'), false],
    ['a grant in the wrong place', grant(routes, '[{group: "", kind: Service}]', 'web'), false],
  ])('decides on a grant for %s', (_, yaml, expected) => expect(permitted(yaml)).toBe(expected));
});
