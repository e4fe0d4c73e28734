import { expect, it } from 'vitest';
import type { InvalidObject } from '../kube/kept.ts';
import { gatewayName } from '../ir/name.ts';
import { type ObjectRef, objectKey } from '../snapshot/object.ts';
import type { ObjectStatus } from '../translate/translation.ts';
import { type Judges, withInvalidObjects } from './invalid-objects.ts';

const controllerName = 'sallyport.dev/gateway-controller';
const gateway = { kind: 'Gateway', namespace: 'shop', name: 'public' } as const;
const judges: Judges = {
  controllerName,
  gateways: [{ name: gatewayName('shop', 'public'), gateway, accepted: true, template: {} }],
  classes: new Map([
    [
      objectKey({ kind: 'GatewayClass', namespace: '', name: 'sallyport' }),
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'GatewayClass',
        metadata: { name: 'sallyport' },
        spec: { controllerName },
      },
    ],
  ]),
};

function invalid(kind: 'HTTPRoute' | 'Gateway' | 'BackendTLSPolicy', spec: unknown, status?: unknown): InvalidObject {
  const ref: ObjectRef = { kind, namespace: 'shop', name: 'bad' };
  const diagnostics = [
    { severity: 'error', reason: 'Invalid', message: 'Give a path.', field: 'spec.rules[0]', object: ref } as const,
    { severity: 'warning', reason: 'Odd', message: 'Odd.', object: ref } as const,
  ];
  return { ref, uid: 'u-1', generation: 3, status, content: { spec }, diagnostics };
}

const refused = { type: 'Accepted', status: 'False', observedGeneration: 3, message: 'spec.rules[0]: Give a path.' };

it('says at the parents that are ours which field of a route is wrong', () => {
  const others = [
    { name: 'other' },
    { name: 'public', namespace: 'elsewhere' },
    { name: 'public', kind: 'Service' },
    7,
  ];
  const object = invalid('HTTPRoute', { parentRefs: [{ name: 'public' }, ...others] });
  expect(withInvalidObjects([], [object], judges)).toMatchObject([
    {
      ref: object.ref,
      status: { parents: [{ parentRef: { name: 'public' }, controllerName, conditions: [refused] }] },
    },
  ]);
});

it('says it at a Gateway of a class that is ours', () => {
  const object = invalid('Gateway', { gatewayClassName: 'sallyport' });
  expect(withInvalidObjects([], [object], judges)).toMatchObject([
    {
      status: {
        conditions: [
          { ...refused, reason: 'Invalid' },
          { type: 'Programmed', status: 'False' },
        ],
      },
    },
  ]);
});

it('leaves where a Gateway is reached as it was, as its Envoys serve on', () => {
  const addresses = [{ type: 'IPAddress', value: '198.18.0.1' }];
  const object = invalid('Gateway', { gatewayClassName: 'sallyport' }, { addresses, listeners: [], conditions: [7] });
  expect(withInvalidObjects([], [object], judges)).toMatchObject([
    { status: { addresses, listeners: [], conditions: [{ type: 'Accepted' }, { type: 'Programmed' }] } },
  ]);
});

it('leaves alone what is not ours, whatever it holds', () => {
  for (const spec of [undefined, 7, [], {}, { gatewayClassName: 'other' }, { parentRefs: { name: 'public' } }]) {
    expect(withInvalidObjects([], [invalid('Gateway', spec), invalid('HTTPRoute', spec)], judges)).toEqual([]);
  }
  expect(withInvalidObjects([], [invalid('BackendTLSPolicy', {})], judges)).toEqual([]);
});

it('says that the version before is served', () => {
  const object = invalid('HTTPRoute', {});
  const condition = { status: 'True', reason: 'x', message: '', observedGeneration: 2 };
  const conditions = [
    { type: 'Accepted', ...condition },
    { type: 'ResolvedRefs', ...condition },
  ];
  const before: ObjectStatus = { ref: object.ref, status: { parents: [{ controllerName, conditions }] } };
  const message = 'spec.rules[0]: Give a path. Until it is put right, what it said before is served.';
  expect(withInvalidObjects([before], [object], judges)).toMatchObject([
    {
      status: {
        parents: [
          {
            conditions: [
              { ...refused, message },
              { type: 'ResolvedRefs', status: 'True' },
            ],
          },
        ],
      },
    },
  ]);
});

it('says it to every Gateway that a policy is in effect at', () => {
  const object = invalid('BackendTLSPolicy', {});
  const accepted = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: '',
    observedGeneration: 2,
  } as const;
  const ancestors = ['a', 'b'].map((name) => ({ ancestorRef: { name }, controllerName, conditions: [accepted] }));
  const [told] = withInvalidObjects([{ ref: object.ref, status: { ancestors } }], [object], judges);
  const condition = { type: 'Accepted', status: 'False', reason: 'Invalid', observedGeneration: 3 };
  expect(told?.status).toMatchObject({ ancestors: [{ conditions: [condition] }, { conditions: [condition] }] });
});

it('knows a Gateway of ours by the longest name there is', () => {
  const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
  const longest = { kind: 'Gateway', namespace: 'n'.repeat(63), name } as const;
  const own = { name: gatewayName(longest.namespace, name), gateway: longest, accepted: true, template: {} };
  const object = invalid('HTTPRoute', { parentRefs: [{ namespace: longest.namespace, name }] });
  expect(withInvalidObjects([], [object], { ...judges, gateways: [own] })).toMatchObject([
    { status: { parents: [{ parentRef: { name }, conditions: [refused] }] } },
  ]);
});
