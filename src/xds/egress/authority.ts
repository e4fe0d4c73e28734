import type { EgressPattern, EgressTarget } from '../../ir/egress.ts';
import { formatAddress, ipRange, isSingleAddress, type IpRange } from '../../lib/ip-range.ts';
import { headerMatch, wholeRegex, type HeaderMatcherInit } from '../route/match.ts';

const anyOctet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/** A regular expression for one octet whose first `fixed` bits are those of `value`. */
function octet(value: number, fixed: number): string {
  if (fixed >= 8) return String(value);
  if (fixed <= 0) return anyOctet;
  return `(?:${Array.from({ length: 2 ** (8 - fixed) }, (_, i) => value + i).join('|')})`;
}

/** A regular expression for the addresses of an IPv4 range, in their one canonical spelling. */
function ipv4Regex(range: IpRange): string {
  const octets = [24n, 16n, 8n, 0n].map((shift) => Number((range.bits >> shift) & 0xffn));
  return octets.map((value, i) => octet(value, range.length - 8 * i)).join('\\.');
}

function withPort(host: string, port: EgressTarget['port']): string {
  return port === 'Default' ? host : `${host}:${port}`;
}

/** The virtual host domain of a target; undefined for ranges of addresses, which Envoy's domains can't say. */
export function domainOf(pattern: EgressPattern, port: EgressTarget['port']): string | undefined {
  switch (pattern.kind) {
    case 'Exact':
      return withPort(pattern.host, port);
    case 'Suffix':
      return withPort(`*${pattern.suffix}`, port);
    case 'Range': {
      const range = ipRange(pattern.range);
      if (!isSingleAddress(range)) return undefined;
      return withPort(range.family === 6 ? `[${formatAddress(range)}]` : formatAddress(range), port);
    }
  }
}

/** The condition that an authority is an address of a range, on a port; undefined where it can't be said (IPv6). */
export function rangeCondition(range: IpRange, port: EgressTarget['port']): HeaderMatcherInit | undefined {
  if (range.family === 6) return undefined;
  return headerMatch(':authority', wholeRegex(withPort(ipv4Regex(range), port)));
}
