import type { DnsResolver } from '../../ir/egress.ts';

/** What egress needs to know of the place it runs in. One value, frozen, parsed once. */
export interface EgressOptions {
  /** Where names are asked for; absent: the resolver of the host that the proxy runs on. */
  readonly resolver?: DnsResolver;
  /**
   * Ranges that no call may end in, whatever a name resolves to, unless a rule names the address or a range inside
   * the guarded one: a wider range never opens a narrower guard.
   */
  readonly guardedRanges: readonly string[];
  /** Longest life of a tunnel in milliseconds. */
  readonly longestTunnelMs: number;
}

/**
 * Loopback, link-local, private, shared and unspecified addresses, IPv4 written as IPv6 (which would pass the ranges
 * of IPv4), and one by one the addresses that clouds serve credentials from.
 */
const guardedRanges: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '100.100.100.200/32',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '169.254.169.254/32',
  '169.254.170.2/32',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  'fc00::/7',
  'fd00:ec2::254/128',
  'fe80::/10',
  'ff00::/8',
];

export const defaultEgressOptions: EgressOptions = { guardedRanges, longestTunnelMs: 3_600_000 };
