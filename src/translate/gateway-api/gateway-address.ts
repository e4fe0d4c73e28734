import { isIP } from 'node:net';
import type { Gateway } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { TranslateOptions } from '../options.ts';

export interface GatewayAddresses {
  /** To bind, each once; empty where there is none. */
  readonly addresses: readonly string[];
  /** Of a type that is not served: the Gateway is not accepted. */
  readonly unsupported?: Problem;
  /** Of a type that is served, but not to be used: the Gateway is not programmed. */
  readonly unusable?: Problem;
}

/** The addresses that a Gateway asks for. An IPAddress without a value stands for the address chosen by us. */
export function resolveGatewayAddresses(gateway: Gateway, options: TranslateOptions): GatewayAddresses {
  const requested = gateway.spec.addresses ?? [];
  if (requested.length === 0) return { addresses: [options.bindAddress] };
  const type = requested.find((address) => (address.type ?? 'IPAddress') !== 'IPAddress')?.type;
  if (type !== undefined) {
    const message = `Addresses of type ${type} can't be bound; use IPAddress.`;
    // Envoys in Pods bind all addresses of their own, whatever their Services are to have.
    const addresses = options.addressSource === 'Services' ? [options.bindAddress] : [];
    return { addresses, unsupported: { reason: 'UnsupportedAddress', message } };
  }
  const addresses = new Set<string>();
  const bad: string[] = [];
  for (const { value } of requested) {
    const isOurs = value === undefined || value === '' || (isIP(value) !== 0 && options.addressSource === 'Services');
    if (isOurs) addresses.add(options.bindAddress);
    else if (isIP(value) === 0) bad.push(value);
    else addresses.add(value.toLowerCase());
  }
  if (bad.length === 0) return { addresses: [...addresses] };
  const message = `Not an IP address: ${bad.join(', ')}.`;
  return { addresses: [...addresses], unusable: { reason: 'AddressNotUsable', message } };
}
