import { describe, expect, it } from 'vitest';
import type { Fields } from '../lib/fields.ts';
import { isBuiltIn, type Kind, kindTable, type ObjectRef } from '../snapshot/object.ts';
import { schemas } from '../snapshot/validate/schema.ts';
import { hasStatus, mergeStatus } from './merge.ts';

const context = { controllerName: 'sallyport.dev/gateway-controller', now: '2026-02-01T00:00:00Z' };
const earlier = '2026-01-01T00:00:00Z';
const route: ObjectRef = { kind: 'HTTPRoute', namespace: 'shop', name: 'cart' };
const gateway: ObjectRef = { kind: 'Gateway', namespace: 'shop', name: 'public' };

function condition(type: string, status: string, observedGeneration = 1): Fields {
  return { type, status, reason: type, message: '', observedGeneration };
}

function entry(name: string, conditions: readonly Fields[], controllerName = context.controllerName): Fields {
  return { parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name }, controllerName, conditions };
}

function at(time: string, ...conditions: readonly Fields[]): readonly Fields[] {
  return conditions.map((one) => ({ ...one, lastTransitionTime: time }));
}

function merge(ref: ObjectRef, desired: Fields | undefined, status: Fields) {
  return mergeStatus(ref, desired, { resourceVersion: '7', uid: 'u', status }, context);
}

const theirs = entry('public', at(earlier, condition('Accepted', 'True')), 'example.com/other');

describe('the parents of a route', () => {
  it('are written beside those of other controllers', () => {
    const desired = { parents: [entry('public', [condition('Accepted', 'True')])] };
    expect(merge(route, desired, { parents: [theirs] })).toEqual({
      kind: 'Replace',
      ref: route,
      resourceVersion: '7',
      status: { parents: [theirs, entry('public', at(context.now, condition('Accepted', 'True')))] },
    });
  });

  it('stay where nobody can tell what became of them, and go otherwise', () => {
    const spares = (one: Fields | undefined) => JSON.stringify(one).includes('"unread"');
    const [unread, gone] = [entry('unread', []), entry('gone', [])];
    const wanted = entry('public', at(context.now, condition('Accepted', 'True')));
    const live = { resourceVersion: '7', uid: 'u', status: { parents: [unread, theirs, gone] } };
    const desired = { parents: [entry('public', [condition('Accepted', 'True')])] };
    const merged = mergeStatus(route, desired, live, { ...context, spares });
    expect(merged).toMatchObject({ status: { parents: [unread, theirs, wanted] } });
    const again = { ...live, status: { parents: [unread, theirs] } };
    expect(mergeStatus(route, undefined, again, { ...context, spares })).toBeUndefined();
    const told = { parents: [entry('unread', [condition('Accepted', 'True')])] };
    expect(mergeStatus(route, told, again, { ...context, spares })).toMatchObject({
      status: { parents: [theirs, { parentRef: { name: 'unread' }, conditions: [{ type: 'Accepted' }] }] },
    });
  });

  it('are not written where they say the same, in whatever order', () => {
    const [a, b] = [condition('Accepted', 'True'), condition('ResolvedRefs', 'True')];
    const desired = { parents: [entry('public', [a, b]), entry('private', [a])] };
    const live = { parents: [entry('private', at(earlier, a)), theirs, entry('public', at(earlier, b, a))] };
    expect(merge(route, desired, live)).toBeUndefined();
  });

  it('keep the time of a condition whose status stays', () => {
    const desired = {
      parents: [entry('public', [condition('Accepted', 'True', 2), condition('ResolvedRefs', 'False', 2)])],
    };
    const live = {
      parents: [entry('public', at(earlier, condition('Accepted', 'True'), condition('ResolvedRefs', 'True')))],
    };
    const conditions = [
      ...at(earlier, condition('Accepted', 'True', 2)),
      ...at(context.now, condition('ResolvedRefs', 'False', 2)),
    ];
    expect(merge(route, desired, live)).toMatchObject({ status: { parents: [entry('public', conditions)] } });
  });

  it('are taken back when the route is no longer ours', () => {
    const live = { parents: [theirs, entry('public', at(earlier, condition('Accepted', 'True')))] };
    expect(merge(route, undefined, live)).toMatchObject({ status: { parents: [theirs] } });
    expect(merge(route, undefined, { parents: [theirs] })).toBeUndefined();
    expect(merge(route, undefined, {})).toBeUndefined();
  });

  it('leave room for 32 entries in all', () => {
    const foreign = Array.from({ length: 31 }, (_, i) => entry(`other-${i}`, [], 'example.com/other'));
    const desired = { parents: [entry('a', []), entry('b', [])] };
    const write = merge(route, desired, { parents: foreign });
    expect(write?.status['parents']).toHaveLength(32);
  });
});

describe('the conditions of an Egress as a whole', () => {
  const egress: ObjectRef = { kind: 'Egress', namespace: 'shop', name: 'checkout' };
  const [accepted, enforced] = [condition('Accepted', 'True'), condition('Enforced', 'False')];
  const desired = { conditions: [accepted, enforced], parents: [entry('out', [accepted])] };

  it('are written beside its parents, with times of their own', () => {
    const live = { conditions: at(earlier, enforced), parents: [entry('out', at(earlier, accepted))] };
    expect(merge(egress, desired, {})).toMatchObject({ status: { conditions: at(context.now, accepted, enforced) } });
    expect(merge(egress, desired, live)).toMatchObject({
      status: {
        conditions: [...at(context.now, accepted), ...at(earlier, enforced)],
        parents: [entry('out', at(earlier, accepted))],
      },
    });
    expect(merge(egress, desired, { ...live, conditions: at(earlier, accepted, enforced) })).toBeUndefined();
  });

  it('are those of one controller, so that two do not write by turns', () => {
    const later = entry('out', [], 'zz.example/other');
    const status = { conditions: at(earlier, enforced) };
    expect(merge(egress, desired, { ...status, parents: [later] })).toMatchObject({
      status: { conditions: at(context.now, accepted).concat(at(earlier, enforced)) },
    });
    expect(merge(egress, desired, { ...status, parents: [theirs] })).toMatchObject({ status });
  });
});

describe('the status of a Gateway', () => {
  const listener = (attachedRoutes: number, conditions: readonly Fields[]) => ({
    name: 'http',
    attachedRoutes,
    supportedKinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }],
    conditions,
  });
  const accepted = condition('Accepted', 'True');
  const desired = { addresses: [], conditions: [accepted], listeners: [listener(1, [accepted])] };

  it('is applied without the conditions of others', () => {
    const live = { conditions: at(earlier, condition('example.com/Reviewed', 'True')) };
    expect(merge(gateway, desired, live)).toEqual({
      kind: 'Apply',
      ref: gateway,
      status: {
        addresses: [],
        conditions: at(context.now, accepted),
        listeners: [listener(1, at(context.now, accepted))],
      },
    });
  });

  it('is not applied where it says the same', () => {
    const live = {
      conditions: at(earlier, condition('example.com/Reviewed', 'True'), accepted),
      listeners: [listener(1, at(earlier, accepted))],
    };
    expect(merge(gateway, desired, live)).toBeUndefined();
  });

  it('is applied when a count, a listener or a condition of ours differs', () => {
    const conditions = at(earlier, accepted);
    const live = { conditions, listeners: [listener(1, conditions)] };
    expect(merge(gateway, desired, { ...live, listeners: [listener(2, conditions)] })).toBeDefined();
    expect(
      merge(gateway, desired, { ...live, listeners: [...live.listeners, { ...listener(0, []), name: 'old' }] }),
    ).toBeDefined();
    const stale = at(earlier, condition('InsecureFrontendValidationMode', 'True'));
    expect(merge(gateway, desired, { ...live, conditions: [...conditions, ...stale] })).toBeDefined();
  });

  it('is left alone where the Gateway is not ours', () => {
    expect(merge(gateway, undefined, { conditions: at(earlier, accepted) })).toBeUndefined();
  });
});

describe('the status of an Ingress', () => {
  const ingress: ObjectRef = { kind: 'Ingress', namespace: 'shop', name: 'site' };
  const desired = { loadBalancer: { ingress: [{ ip: '198.18.0.1' }] } };

  it('is where it is reached', () => {
    expect(merge(ingress, desired, { loadBalancer: {} })).toMatchObject({ kind: 'Replace', status: desired });
    expect(merge(ingress, desired, desired)).toBeUndefined();
    expect(merge(ingress, { loadBalancer: {} }, {})).toBeUndefined();
  });

  it('stays where nobody can tell what became of it', () => {
    const live = { resourceVersion: '7', uid: 'u', status: desired };
    const write = (spared: boolean) =>
      mergeStatus(ingress, { loadBalancer: {} }, live, { ...context, spares: () => spared });
    expect(write(true)).toBeUndefined();
    expect(write(false)).toMatchObject({ status: { loadBalancer: {} } });
    const moved = { loadBalancer: { ingress: [{ ip: '198.18.0.2' }] } };
    expect(mergeStatus(ingress, moved, live, { ...context, spares: () => true })).toMatchObject({ status: moved });
  });
});

describe('every kind', () => {
  const defined = (Object.keys(kindTable) as Kind[]).flatMap((kind) => {
    const { properties } = schemas[kind].properties?.['status'] ?? {};
    return isBuiltIn(kind) || kind === 'ServiceImport' || properties === undefined ? [] : [{ kind, properties }];
  });
  const lists = { parents: 'parentRef', ancestors: 'ancestorRef' } as const;
  const isEntries = (name: string): name is keyof typeof lists => Object.hasOwn(lists, name);

  it('of ours with a status has it written', () => {
    expect(defined.filter(({ kind }) => !hasStatus(kind))).toEqual([]);
    expect(defined.length).toBeGreaterThan(10);
  });

  it('shares the entries of an atomic list, with times, up to as many as its definition allows', () => {
    for (const { kind, properties } of defined) {
      const list = Object.keys(properties).find(isEntries);
      const ref = { kind, namespace: 'shop', name: 'one' };
      const entryOf = (name: string, controllerName: string, conditions: readonly Fields[]) => ({
        ...(list === undefined ? {} : { [lists[list]]: { name } }),
        controllerName,
        conditions,
      });
      if (list === undefined) {
        const written = merge(ref, { conditions: [condition('Accepted', 'True')] }, {});
        expect(written, kind).toMatchObject({
          kind: 'Apply',
          status: { conditions: [{ lastTransitionTime: context.now }] },
        });
        continue;
      }
      const most = properties[list]?.maxItems ?? 0;
      const others = Array.from({ length: most - 1 }, (_, i) => entryOf(`${i}`, 'example.com/other', []));
      const wanted = ['a', 'b'].map((name) => entryOf(name, context.controllerName, [condition('Accepted', 'True')]));
      const written = merge(ref, { [list]: wanted }, { [list]: others });
      expect(written, kind).toMatchObject({ kind: 'Replace', resourceVersion: '7' });
      const entries = written?.status[list];
      expect(entries, kind).toHaveLength(most);
      expect(entries, kind).toMatchObject([...others, { conditions: [{ lastTransitionTime: context.now }] }]);
    }
  });
});
