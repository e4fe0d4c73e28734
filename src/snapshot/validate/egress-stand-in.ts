import type { Result } from '../../lib/result.ts';
import { type Fields, findReadablePart, isFields, listAt, pick, withoutPlaces } from './readable-part.ts';

/** A Deny goes by host and port, whatever protocol it names. */
function readPort(port: unknown): unknown {
  return isFields(port) ? { ...pick(port, 'port'), protocol: 'TCP' } : port;
}

function readDestination(destination: unknown): unknown {
  if (!isFields(destination)) return destination;
  return { ...pick(destination, 'hosts', 'cidrs'), ports: listAt(destination, 'ports')?.map(readPort) };
}

/** A Deny rule without what limits it to some requests, and with a name that no other can have. */
function readDeny(rule: unknown, index: number): readonly Fields[] {
  if (!isFields(rule) || rule['action'] !== 'Deny') return [];
  return [{ name: `deny-${index}`, action: 'Deny', to: listAt(rule, 'to')?.map(readDestination) }];
}

/** What can be read of an Egress's Deny rules and their callers; undefined where it has none. */
function readEgress(spec: unknown): Fields | undefined {
  if (!isFields(spec)) return undefined;
  const rules = listAt(spec, 'rules')?.flatMap(readDeny) ?? [];
  if (rules.length === 0) return undefined;
  const from = isFields(spec['from']) ? pick(spec['from'], 'podSelector', 'serviceAccounts') : {};
  return { ...pick(spec, 'gatewayRef'), from, rules };
}

const removable = /^spec\.(?:gatewayRef|rules\[\d+\](?:\.to\[\d+\](?:\.(?:hosts|cidrs|ports)\[\d+\])?)?(?=[.[]|$))/;

/** Denies more rather than less: to all Pods of the namespace where the callers can't be read, at all Gateways. */
function narrowEgress(spec: Fields, wrong: readonly string[]): Fields | undefined {
  const places = new Set<string>();
  let { from } = spec;
  for (const field of wrong) {
    const place = removable.exec(field)?.[0];
    if (place !== undefined) places.add(place);
    else if (/^spec\.from\b/.test(field)) from = { podSelector: {} };
    else return undefined;
  }
  const left = withoutPlaces(spec, places, 'spec');
  return isFields(left) ? { ...left, from } : undefined;
}

/**
 * The part of an Egress that can be read and that somebody may count on: what it denies. Without an Allow of it the calls
 * that it would let through are denied anyway.
 *
 * @param check makes an object of a spec, or says which of its fields are wrong
 */
export function standInForEgress<T>(
  spec: unknown,
  check: (spec: Fields) => Result<T, readonly string[]>,
): Result<T, 'Unreadable'> {
  return findReadablePart(readEgress(spec), check, narrowEgress);
}
