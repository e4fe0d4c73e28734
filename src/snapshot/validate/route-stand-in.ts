import { type Result, err } from '../../lib/result.ts';

type Fields = { readonly [key: string]: unknown };

/** The part of a route that says which requests it takes, and at which parents. */
export interface RouteSpec {
  readonly parentRefs?: unknown;
  readonly useDefaultGateways?: unknown;
  readonly hostnames?: readonly unknown[];
  readonly rules?: readonly RuleSpec[];
}

interface RuleSpec {
  readonly name?: unknown;
  /** Empty: none of them can be read. Absent: none was written. */
  readonly matches?: readonly unknown[];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Only those of the named fields that are there. */
function pick(fields: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

function readRule(rule: unknown): RuleSpec {
  if (!isFields(rule)) return { matches: [] };
  const { matches } = rule;
  const written: readonly unknown[] = Array.isArray(matches) ? matches : [];
  const isAbsent = matches === undefined || matches === null || (Array.isArray(matches) && written.length === 0);
  return { ...pick(rule, 'name'), ...(isAbsent ? {} : { matches: written }) };
}

/** What can be read of a route apart from what it does with its requests; undefined where that says nothing. */
function readSpec(spec: unknown): RouteSpec | undefined {
  if (!isFields(spec)) return undefined;
  const { hostnames, rules } = spec;
  const listed = (value: unknown) => value === undefined || value === null || Array.isArray(value);
  if (!listed(hostnames) || !listed(rules)) return undefined;
  return {
    ...pick(spec, 'parentRefs', 'useDefaultGateways', 'hostnames'),
    ...(Array.isArray(rules) ? { rules: rules.map(readRule) } : {}),
  };
}

/** The spec without the hostnames, matches and names that are wrong; undefined where something else is. */
function withoutWrong(spec: RouteSpec, wrong: readonly string[]): RouteSpec | undefined {
  const places = new Set<string>();
  for (const field of wrong) {
    const place = /^spec\.(?:hostnames\[\d+\]|rules\[\d+\]\.(?:matches\[\d+\]|name))/.exec(field)?.[0];
    if (place === undefined) return undefined;
    places.add(place);
  }
  const { hostnames, rules } = spec;
  const left = hostnames?.filter((_, index) => !places.has(`spec.hostnames[${index}]`));
  // Without any hostname it would take every host.
  if (left !== undefined && left.length === 0 && hostnames?.length !== 0) return undefined;
  const kept = rules?.map(({ name, matches }, index): RuleSpec => {
    const rule = `spec.rules[${index}]`;
    return {
      ...(name === undefined || places.has(`${rule}.name`) ? {} : { name }),
      ...(matches === undefined ? {} : { matches: matches.filter((__, at) => !places.has(`${rule}.matches[${at}]`)) }),
    };
  });
  return {
    ...spec,
    ...(left === undefined ? {} : { hostnames: left }),
    ...(kept === undefined ? {} : { rules: kept }),
  };
}

/** A walk through structure, and one through rules that only a sound structure is given to. */
const mostRounds = 3;

/**
 * The part of a route of requests that can be read: whose requests it takes, and nothing of what it does with them.
 * An error where not even that can be read.
 *
 * @param check makes an object of a spec, or says which of its fields are wrong
 */
export function standInForRoute<T>(
  spec: unknown,
  check: (spec: RouteSpec) => Result<T, readonly string[]>,
): Result<T, 'Unreadable'> {
  let candidate = readSpec(spec);
  for (let round = 0; round < mostRounds && candidate !== undefined; round += 1) {
    const checked = check(candidate);
    if (checked.ok) return checked;
    candidate = withoutWrong(candidate, checked.error);
  }
  return err('Unreadable');
}
