import { type Fields, isFields } from '../../lib/fields.ts';
import type { Result } from '../../lib/result.ts';
import { findReadablePart, listAt, pick, withoutPlaces } from './readable-part.ts';

/** A Deny goes by host and port, whatever protocol it names. */
function readPort(port: unknown): unknown {
  return isFields(port) ? { ...pick(port, 'port'), protocol: 'TCP' } : port;
}

function readHost(host: unknown): unknown {
  return typeof host === 'string' ? host.toLowerCase() : host;
}

function readDestination(destination: unknown): unknown {
  if (!isFields(destination)) return destination;
  const { hosts } = destination;
  return {
    ...pick(destination, 'hosts', 'cidrs'),
    ...(Array.isArray(hosts) ? { hosts: [...new Set(hosts.map(readHost))] } : {}),
    ports: listAt(destination, 'ports')?.map(readPort),
  };
}

/**
 * A Deny rule without what limits it to some requests, and with a name that no other can have. What is spelt as neither
 * action is not let through either.
 */
function readDeny(rule: unknown, index: number): readonly Fields[] {
  if (!isFields(rule) || (rule['action'] ?? 'Allow') === 'Allow') return [];
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

const removable = /^spec\.(?:gatewayRef|rules\[\d+\](?:\.to\[\d+\](?:\.(?:hosts|ports)\[\d+\])?)?(?=[.[]|$))/;
const everyAddress = ['0.0.0.0/0', '::/0'];

/** The rules with every address in place of ranges that can't be read. */
function widenRanges(spec: Fields, isWrong: (field: string) => boolean): Fields {
  const rules = listAt(spec, 'rules')?.map((rule, at) => {
    const to = isFields(rule) ? listAt(rule, 'to') : undefined;
    const widened = to?.map((destination, index) =>
      isFields(destination) && isWrong(`spec.rules[${at}].to[${index}].cidrs`)
        ? { ...destination, cidrs: everyAddress }
        : destination,
    );
    return isFields(rule) && widened !== undefined ? { ...rule, to: widened } : rule;
  });
  return { ...spec, rules };
}

/** Denies more rather than less: to all Pods of the namespace where the callers can't be read, at all Gateways. */
function narrowEgress(spec: Fields, wrong: readonly string[]): Fields | undefined {
  const places = new Set<string>();
  const wrongRanges = new Set<string>();
  let { from } = spec;
  for (const field of wrong) {
    const ranges = /^.*\.cidrs(?=\[|$)/.exec(field)?.[0];
    const place = removable.exec(field)?.[0];
    if (ranges !== undefined) wrongRanges.add(ranges);
    else if (place !== undefined) places.add(place);
    else if (/^spec\.from\b/.test(field)) from = { podSelector: {} };
    else return undefined;
  }
  const widened = widenRanges(spec, (field) => wrongRanges.has(field));
  const left = withoutPlaces(widened, places, 'spec');
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
