import { err, ok, type Result } from './result.ts';

/** A block of addresses. `bits` has every bit after `length` cleared. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
}

const widthOf = { 4: 32, 6: 128 } as const;

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

/** The 16-bit groups of one side of `::`; a dotted quad may stand last. */
function parseGroups(text: string): readonly bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const quad = parseIpv4(part);
      if (quad === undefined) return undefined;
      groups.push(quad >> 16n, quad & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0n), ...tail].reduce(
    (bits, group) => (bits << 16n) | group,
    0n,
  );
}

function masked(family: 4 | 6, bits: bigint, length: number): bigint {
  const rest = BigInt(widthOf[family] - length);
  return (bits >> rest) << rest;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address. Bits behind the prefix length are cleared. */
export function parseIpRange(text: string): Result<IpRange, string> {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const v4 = parseIpv4(address);
  const bits = v4 ?? parseIpv6(address);
  if (bits === undefined) return err(`${text} is no IPv4 or IPv6 address range`);
  const family = v4 === undefined ? 6 : 4;
  const suffix = slash < 0 ? String(widthOf[family]) : text.slice(slash + 1);
  const length = Number(suffix);
  if (!/^[0-9]{1,3}$/.test(suffix) || length > widthOf[family]) return err(`${text} has no valid prefix length`);
  return ok({ family, bits: masked(family, bits, length), length });
}

/** A range that our own code writes as a constant. */
export function ipRange(text: string): IpRange {
  const range = parseIpRange(text);
  if (!range.ok) throw new Error(range.error);
  return range.value;
}

function formatIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.length < 2) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

/** The first address, in its canonical spelling (RFC 5952). */
export function formatAddress(range: IpRange): string {
  if (range.family === 6) return formatIpv6(range.bits);
  return [24n, 16n, 8n, 0n].map((shift) => String((range.bits >> shift) & 0xffn)).join('.');
}

/** `address/length`. */
export function formatIpRange(range: IpRange): string {
  return `${formatAddress(range)}/${range.length}`;
}

export function isSingleAddress(range: IpRange): boolean {
  return range.length === widthOf[range.family];
}

/** Whether every address of `inner` lies in `outer`. */
export function containsRange(outer: IpRange, inner: IpRange): boolean {
  return (
    outer.family === inner.family &&
    outer.length <= inner.length &&
    masked(outer.family, inner.bits, outer.length) === outer.bits
  );
}

function subtractOne(range: IpRange, hole: IpRange): readonly IpRange[] {
  if (containsRange(hole, range)) return [];
  if (!containsRange(range, hole)) return [range];
  const length = range.length + 1;
  const upper = range.bits | (1n << BigInt(widthOf[range.family] - length));
  const halves: readonly IpRange[] = [
    { family: range.family, bits: range.bits, length },
    { family: range.family, bits: upper, length },
  ];
  return halves.flatMap((half) => subtractOne(half, hole));
}

/** What is left of `ranges` without `holes`. */
export function subtractRanges(ranges: readonly IpRange[], holes: readonly IpRange[]): readonly IpRange[] {
  return holes.reduce<readonly IpRange[]>((left, hole) => left.flatMap((range) => subtractOne(range, hole)), ranges);
}
