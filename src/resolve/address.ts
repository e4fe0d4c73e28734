import { BlockList, isIP } from 'node:net';

const local = new BlockList();
// Loopback, link-local (with the metadata service), unspecified, multicast and broadcast.
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  local.addSubnet(network, prefix, 'ipv4');
  local.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  local.addSubnet(network, prefix, 'ipv6');
}
// Metadata services outside link-local.
local.addAddress('100.100.100.200', 'ipv4');
local.addAddress('fd00:ec2::254', 'ipv6');

/** Whether an address leads to the host itself or its link, where a tenant's endpoint must not point in a cluster. */
export function isLocalAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && local.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
