import { expect, it } from 'vitest';
import { gatewayName } from '../ir/name.ts';
import type { ObjectStatus } from '../translate/translation.ts';
import { withInfrastructureProblems } from './infrastructure-status.ts';

const gateway = { kind: 'Gateway', namespace: 'shop', name: 'public' } as const;
const name = gatewayName('shop', 'public');
const gateways = [{ name, gateway, accepted: true, template: {} }];
const problems = new Map([[name, { reason: 'Conflict', message: 'A Service is in the way.' } as const]]);

function statusOf(status: 'True' | 'False', reason: string, message: string): ObjectStatus {
  const accepted = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: '',
    observedGeneration: 1,
  } as const;
  return {
    ref: gateway,
    status: { conditions: [accepted, { type: 'Programmed', status, reason, message, observedGeneration: 1 }] },
  };
}

function programmed(status: ObjectStatus): unknown {
  const [told] = withInfrastructureProblems([status], gateways, problems);
  // Made above.
  const { conditions } = (told ?? status).status as { readonly conditions: readonly unknown[] };
  return conditions[1];
}

it('says what stands in the way of a Gateway that waits for its Envoys', () => {
  expect(programmed(statusOf('False', 'AddressNotAssigned', 'No address yet.'))).toMatchObject({
    status: 'False',
    reason: 'AddressNotAssigned',
    message: 'A Service is in the way. No address yet.',
  });
});

it('tells it beside what serves on', () => {
  expect(programmed(statusOf('True', 'Programmed', 'All listeners are served.'))).toMatchObject({
    status: 'True',
    message: 'All listeners are served. A Service is in the way.',
  });
});

it('leaves a mistake of the Gateway itself, and everything without a problem, as it is', () => {
  const invalid = statusOf('False', 'Invalid', 'No listener can be served.');
  expect(withInfrastructureProblems([invalid], gateways, problems)).toEqual([invalid]);
  const statuses = [statusOf('True', 'Programmed', '')];
  expect(withInfrastructureProblems(statuses, gateways, new Map())).toBe(statuses);
  expect(withInfrastructureProblems(statuses, [], problems)).toEqual(statuses);
});
