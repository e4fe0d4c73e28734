import type { EgressUpstream } from '../../ir/egress.ts';
import { egressClusterName } from '../../ir/name.ts';
import { containsRange, formatIpRange, type IpRange, subtractRanges } from '../../lib/ip-range.ts';
import { compareStrings } from '../../lib/order.ts';

/**
 * What stays guarded for a destination that names `opened`. A guard gives way only to ranges that lie within it:
 * a wide range, as of the whole internet, names no loopback or metadata address.
 */
export function openGuard(guard: readonly IpRange[], opened: readonly IpRange[]): readonly IpRange[] {
  return guard.flatMap((range) =>
    subtractRanges(
      [range],
      opened.filter((open) => containsRange(range, open)),
    ),
  );
}

/** Makes an upstream; equal content has an equal name, and so one cluster and one DNS cache. */
export function upstreamOf(
  refused: readonly IpRange[],
  connectTimeoutMs: number,
  tls: EgressUpstream['tls'],
): EgressUpstream {
  const refusedRanges = [...new Set(refused.map(formatIpRange))].sort(compareStrings);
  const content = JSON.stringify([refusedRanges, connectTimeoutMs, tls ?? null]);
  return {
    name: egressClusterName(tls !== undefined, content),
    refusedRanges,
    connectTimeoutMs,
    ...(tls === undefined ? {} : { tls }),
  };
}
