import type { Gateway } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName } from '../../ir/name.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import { resolveGatewayAddresses } from './gateway-address.ts';
import { resolveClassRole } from './gateway-class.ts';

/** Ports that a Gateway can't have, each with the Gateway that has it. */
export type TakenPorts = ReadonlyMap<number, GatewayName>;

export const noTakenPorts: TakenPorts = new Map();

const compareAge = compareBy<Gateway>(
  (a, b) => compareStrings(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''),
  (a, b) => compareStrings(a.metadata.namespace ?? 'default', b.metadata.namespace ?? 'default'),
  (a, b) => compareStrings(a.metadata.name, b.metadata.name),
);

interface Claim {
  readonly gateway: GatewayName;
  readonly address: string;
}

function meet(a: string, b: string): boolean {
  const everywhere = (address: string) => address === '0.0.0.0' || address === '::';
  return a === b || everywhere(a) || everywhere(b);
}

/**
 * Where all Gateways bind on one host, a port of an address belongs to one of them: the oldest, then the first by
 * name. Left alone, the kernel would deal connections out among their Envoys (SO_REUSEPORT). A Gateway that is not
 * named here has all its ports.
 */
export function findTakenPorts(
  read: Read,
  gateways: readonly Gateway[],
  options: TranslateOptions,
): ReadonlyMap<GatewayName, TakenPorts> {
  const claims = new Map<number, Claim[]>();
  const taken = new Map<GatewayName, Map<number, GatewayName>>();
  if (!options.sharedHost) return taken;
  for (const gateway of gateways.toSorted(compareAge)) {
    if (resolveClassRole(read, gateway.spec.gatewayClassName, options) === undefined) continue;
    const name = gatewayName(gateway.metadata.namespace ?? 'default', gateway.metadata.name);
    const { addresses } = resolveGatewayAddresses(gateway, options);
    for (const port of new Set(gateway.spec.listeners.map((listener) => listener.port))) {
      const held = claims.get(port) ?? [];
      const holder = held.find((claim) => addresses.some((address) => meet(claim.address, address)));
      if (holder === undefined) {
        claims.set(port, [...held, ...addresses.map((address) => ({ gateway: name, address }))]);
      } else {
        const ports = taken.get(name) ?? new Map<number, GatewayName>();
        taken.set(name, ports.set(port, holder.gateway));
      }
    }
  }
  return taken;
}
