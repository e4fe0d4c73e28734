import { isIPv4, isIPv6 } from 'node:net';
import type { EndpointSlice } from '../../../gen/kubernetes/types.ts';
import { unreachable } from '../../lib/never.ts';
import { pathOf, type Report } from './finding.ts';
import { isSubdomain } from './metadata.ts';

/** Checks Kubernetes' written rules of EndpointSlice. Loopback addresses, which a cluster refuses, are normal in a folder. */
export function checkEndpointSlice({ addressType, endpoints = [], ports = [] }: EndpointSlice, report: Report): void {
  endpoints.forEach(({ addresses }, index) => {
    if (addresses.length === 0)
      report('RequiredField', pathOf('endpoints', index, 'addresses'), 'An endpoint needs an address.');
    addresses.forEach((address, number) => {
      if (!isOfType(addressType, address)) {
        report(
          'InvalidValue',
          pathOf('endpoints', index, 'addresses', number),
          `The address is not of addressType ${addressType}.`,
        );
      }
    });
  });
  const names = new Set<string>();
  ports.forEach(({ name = '', port }, index) => {
    if (names.has(name)) {
      report(
        'DuplicateValue',
        pathOf('ports', index, 'name'),
        'Two ports have this name; names of ports must be unique.',
      );
    }
    names.add(name);
    if (port !== undefined && (port < 1 || port > 65_535))
      report('InvalidValue', pathOf('ports', index, 'port'), 'A port is from 1 to 65535.');
  });
}

function isOfType(addressType: EndpointSlice['addressType'], address: string): boolean {
  switch (addressType) {
    case 'IPv4':
      return isIPv4(address);
    case 'IPv6':
      return isIPv6(address);
    case 'FQDN':
      return isSubdomain(address);
    default:
      return unreachable(addressType);
  }
}
