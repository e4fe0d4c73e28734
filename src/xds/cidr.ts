import type { CidrRangeSchema } from '../../gen/envoy/envoy/config/core/v3/address_pb.js';
import type { Init } from './proto.ts';

/** `address/length` as Envoy has it; a bare address is a range of one. */
export function cidr(range: string): Init<typeof CidrRangeSchema> {
  const slash = range.indexOf('/');
  const addressPrefix = slash < 0 ? range : range.slice(0, slash);
  const whole = addressPrefix.includes(':') ? 128 : 32;
  return { addressPrefix, prefixLen: slash < 0 ? whole : Number(range.slice(slash + 1)) };
}
