import { describe, expect, it } from 'vitest';
import { createMemo } from '../../lib/memo.ts';
import { createValidator } from '../../snapshot/validate/validator.ts';
import { applyChanges, emptySnapshot } from '../../snapshot/snapshot.ts';
import { createIndexer } from '../../snapshot/view.ts';
import { clusterOptions } from '../options.ts';
import type { TranslationSources } from '../sources.ts';
import { translate } from '../translate.ts';

const gatewayClass = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'sallyport' },
  spec: { controllerName: clusterOptions.controllerName },
};

function gateway(addresses?: readonly object[]): object {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'public', namespace: 'shop', uid: 'u1' },
    spec: {
      gatewayClassName: 'sallyport',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
      ...(addresses === undefined ? {} : { addresses }),
    },
  };
}

function service(uid: string, ip?: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'sallyport-public',
      namespace: 'shop',
      ownerReferences: [{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name: 'public', uid }],
    },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    status: { loadBalancer: ip === undefined ? {} : { ingress: [{ ip }] } },
  };
}

function envoys(ready: boolean): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'sallyport-public' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready } }],
    ports: [{ port: 80 }],
  };
}

function statusOf(...objects: readonly object[]): unknown {
  const validate = createValidator();
  const changes = [gatewayClass, ...objects].map((value) => {
    const validation = validate(value);
    if (validation.kind !== 'Object') throw new Error(JSON.stringify(validation));
    return { kind: 'put', object: validation.object } as const;
  });
  const view = createIndexer().update(applyChanges(emptySnapshot, changes));
  const translation = translate(createMemo<TranslationSources>(), view, clusterOptions, new Map());
  return translation.statuses.find(({ ref }) => ref.kind === 'Gateway')?.status;
}

const programmed = (status: string, reason: string) =>
  expect.objectContaining({
    conditions: expect.arrayContaining([expect.objectContaining({ type: 'Programmed', status, reason })]),
  });

describe('a Gateway whose Envoys are in the cluster', () => {
  it('has the addresses of its Services, and is programmed once an Envoy is ready', () => {
    const status = statusOf(gateway(), service('u1', '198.18.0.7'), envoys(true));
    expect(status).toEqual(programmed('True', 'Programmed'));
    expect(status).toMatchObject({ addresses: [{ type: 'IPAddress', value: '198.18.0.7' }] });
  });

  it('is not programmed before it has an address', () => {
    expect(statusOf(gateway())).toEqual(programmed('False', 'AddressNotAssigned'));
    expect(statusOf(gateway(), service('u1'), envoys(true))).toEqual(programmed('False', 'AddressNotAssigned'));
  });

  it('is not programmed while no Envoy is ready', () => {
    expect(statusOf(gateway(), service('u1', '198.18.0.7'), envoys(false))).toEqual(programmed('False', 'NoResources'));
  });

  it('is not programmed without an address that it asks for', () => {
    const wanted = gateway([{ type: 'IPAddress', value: '198.18.0.9' }]);
    const status = statusOf(wanted, service('u1', '198.18.0.7'), envoys(true));
    expect(status).toEqual(programmed('False', 'AddressNotUsable'));
  });

  it('does not take the Service of an earlier Gateway of its name', () => {
    expect(statusOf(gateway(), service('u0', '198.18.0.7'), envoys(true))).toMatchObject({ addresses: [] });
  });
});
