import { isIP } from 'node:net';
import type { Gateway, Service } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import { resolveGatewayAddresses } from './gateway-address.ts';

/** An entry of GatewayStatus.addresses. */
export interface StatusAddress {
  readonly type: 'IPAddress' | 'Hostname';
  readonly value: string;
}

/**
 * Where clients reach a Gateway. Apart from its translation, so that Envoys that come and go do not touch the routes
 * that look up their Gateway.
 */
export interface GatewayReach {
  readonly addresses: readonly StatusAddress[];
  /** Why it is not programmed, or not yet. */
  readonly problem?: Problem;
}

function ipAddress(value: string): StatusAddress {
  return { type: 'IPAddress', value };
}

/** Where a Service is reached: Service.status.loadBalancer, or for the other types its addresses in the cluster. */
function addressesOf({ spec, status }: Service): readonly StatusAddress[] {
  if (spec.type !== 'LoadBalancer') {
    const addresses = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
    return addresses.filter((address) => isIP(address) !== 0).map(ipAddress);
  }
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }): readonly StatusAddress[] => {
    if (ip !== undefined && ip !== '') return [ipAddress(ip)];
    return hostname === undefined || hostname === '' ? [] : [{ type: 'Hostname', value: hostname }];
  });
}

function isReady(read: Read, service: Service): boolean {
  const slices = read('slicesOfService', `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`) ?? [];
  return slices.some((slice) => (slice.endpoints ?? []).some((endpoint) => endpoint.conditions?.ready !== false));
}

function reachByServices(read: Read, gateway: Gateway): GatewayReach {
  const key = `${gateway.metadata.namespace ?? 'default'}/${gateway.metadata.name}`;
  // A Service of an earlier Gateway of the same name is on its way out.
  const services = (read('servicesOfGateway', key) ?? []).filter((service) =>
    service.metadata.ownerReferences?.some((owner) => owner.uid === gateway.metadata.uid),
  );
  const found = new Map(services.flatMap(addressesOf).map((address) => [address.value, address]));
  const addresses = [...found.values()];
  const lacking = (gateway.spec.addresses ?? [])
    .flatMap(({ value }) => value ?? [])
    .filter((value) => value !== '' && !found.has(value.toLowerCase()));
  if (lacking.length > 0) {
    const message = `The cluster has not given the Gateway ${lacking.join(', ')}.`;
    return { addresses, problem: { reason: 'AddressNotUsable', message } };
  }
  if (addresses.length === 0) {
    const message = 'No Service of the Gateway has an address yet.';
    return { addresses, problem: { reason: 'AddressNotAssigned', message } };
  }
  if (services.some((service) => isReady(read, service))) return { addresses };
  return { addresses, problem: { reason: 'NoResources', message: 'No Envoy of the Gateway is ready yet.' } };
}

/** Finds where clients reach a Gateway that is served (GatewayStatus.addresses). */
export function resolveGatewayReach(read: Read, gateway: Gateway, options: TranslateOptions): GatewayReach {
  switch (options.addressSource) {
    case 'Bound':
      return { addresses: resolveGatewayAddresses(gateway, options).addresses.map(ipAddress) };
    case 'Services':
      return reachByServices(read, gateway);
  }
}
