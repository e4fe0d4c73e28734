import type { Gateway } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName } from '../../ir/name.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import { resolveGatewayAddresses } from './gateway-address.ts';
import { resolveClassRole } from './gateway-class.ts';
import { socketOf } from './listener-protocol.ts';

/** Sockets (`tcp:80`) that a Gateway can't have, each with the Gateway that has it. */
export type TakenPorts = ReadonlyMap<string, GatewayName>;

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

/** Who has which ports while they are given out. */
interface Allotment {
  readonly claims: Map<string, Claim[]>;
  readonly taken: Map<GatewayName, Map<string, GatewayName>>;
}

function claimPorts({ claims, taken }: Allotment, bound: BoundGateway, sockets: Iterable<string>): void {
  const { name, addresses } = bound;
  for (const socket of sockets) {
    const held = claims.get(socket) ?? [];
    const holder = held.find((claim) => addresses.some((address) => meet(claim.address, address)));
    if (holder === undefined) {
      claims.set(socket, [...held, ...addresses.map((address) => ({ gateway: name, address }))]);
    } else if (holder.gateway !== name) {
      const lost = taken.get(name) ?? new Map<string, GatewayName>();
      taken.set(name, lost.set(socket, holder.gateway));
    }
  }
}

interface BoundGateway {
  readonly gateway: Gateway;
  readonly name: GatewayName;
  readonly addresses: readonly string[];
}

/** The Gateways of ours, the oldest first. */
function bindGateways(read: Read, gateways: readonly Gateway[], options: TranslateOptions): readonly BoundGateway[] {
  return gateways
    .toSorted(compareAge)
    .filter((gateway) => resolveClassRole(read, gateway.spec.gatewayClassName, options) !== undefined)
    .map((gateway) => ({
      gateway,
      name: gatewayName(gateway.metadata.namespace ?? 'default', gateway.metadata.name),
      addresses: resolveGatewayAddresses(gateway, options).addresses,
    }));
}

function allotOwnPorts(bound: readonly BoundGateway[]): Allotment {
  const allotment: Allotment = { claims: new Map(), taken: new Map() };
  for (const entry of bound) {
    claimPorts(allotment, entry, new Set(entry.gateway.spec.listeners.map(socketOf)));
  }
  return allotment;
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
  return options.sharedHost ? allotOwnPorts(bindGateways(read, gateways, options)).taken : new Map();
}

/**
 * The ports that the ListenerSets of a Gateway can't have. What a Gateway says itself goes before what the ListenerSets
 * of any other ask for. `wanted` has, for each of `gateways`, the sockets of its ListenerSets with commas between them.
 */
export function findTakenPortsOfSets(
  read: Read,
  gateways: readonly Gateway[],
  options: TranslateOptions,
  wanted: readonly string[],
): ReadonlyMap<GatewayName, TakenPorts> {
  if (!options.sharedHost) return new Map();
  const bound = bindGateways(read, gateways, options);
  const allotment = allotOwnPorts(bound);
  for (const entry of bound) {
    const sockets = wanted[gateways.indexOf(entry.gateway)] ?? '';
    claimPorts(allotment, entry, sockets === '' ? [] : sockets.split(','));
  }
  return allotment.taken;
}
