import type { HTTPHeaderMatch, HTTPPathMatch, HTTPRouteMatch } from '../../../gen/kubernetes/types.ts';
import type { PathMatch, RouteMatch, ValueMatch } from '../../ir/match.ts';
import { checkRegularExpression } from '../../resolve/regular-expression.ts';
import { refuse, type RuleFindings } from './finding.ts';

/** A path prefix as it is compared, by elements: without trailing slashes, except for the root. */
export function normalizePrefix(value: string): string {
  const trimmed = value.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed;
}

/** Whether RE2 can read a pattern; if not, that goes to `findings`. */
export function checkPattern(pattern: string, field: string, findings: RuleFindings): boolean {
  const objection = checkRegularExpression(pattern);
  if (objection === undefined) return true;
  refuse(findings, field, `RE2 can't read the regular expression: ${objection}.`);
  return false;
}

function translatePath(path: HTTPPathMatch | undefined, field: string, findings: RuleFindings): PathMatch | undefined {
  const type = path?.type ?? 'PathPrefix';
  const value = path?.value ?? '/';
  if (type !== 'RegularExpression' && !value.startsWith('/')) {
    return refuse(findings, `${field}.value`, `Path ${value} must begin with a slash.`);
  }
  switch (type) {
    case 'Exact':
      return { kind: 'Exact', value };
    case 'PathPrefix':
      return { kind: 'Prefix', value: normalizePrefix(value) };
    case 'RegularExpression':
      return checkPattern(value, `${field}.value`, findings) ? { kind: 'RegularExpression', value } : undefined;
    default:
      return refuse(findings, `${field}.type`, `Path match type ${String(type)} is unknown.`);
  }
}

/** Matches of headers or query parameters. Of entries with an equal name only the first counts. */
export function translateValues(
  entries: readonly HTTPHeaderMatch[],
  nameOf: (name: string) => string,
  field: string,
  findings: RuleFindings,
): readonly ValueMatch[] {
  const byName = new Map<string, ValueMatch>();
  entries.forEach((entry, index) => {
    const name = nameOf(entry.name);
    if (byName.has(name)) return;
    const kind = entry.type ?? 'Exact';
    if (kind !== 'Exact' && kind !== 'RegularExpression') {
      refuse(findings, `${field}[${index}].type`, `Match type ${String(kind)} is unknown.`);
      return;
    }
    if (kind === 'RegularExpression') checkPattern(entry.value, `${field}[${index}].value`, findings);
    byName.set(name, { kind, name, value: entry.value });
  });
  return [...byName.values()];
}

/** One match of a rule; undefined where it can't be compared at all. What is wrong goes to `findings`. */
function translateMatch(match: HTTPRouteMatch, field: string, findings: RuleFindings): RouteMatch | undefined {
  const before = findings.invalid.length;
  const path = translatePath(match.path, `${field}.path`, findings);
  const headers = translateValues(match.headers ?? [], (name) => name.toLowerCase(), `${field}.headers`, findings);
  const queryParams = translateValues(match.queryParams ?? [], (name) => name, `${field}.queryParams`, findings);
  const { method } = match;
  if (method === 'CONNECT') {
    refuse(findings, `${field}.method`, 'CONNECT opens tunnels, which routes do not serve.');
  }
  if (path === undefined || findings.invalid.length > before) return undefined;
  return { path, ...(method === undefined ? {} : { method }), headers, queryParams };
}

const everyRequest: HTTPRouteMatch = { path: { type: 'PathPrefix', value: '/' } };

/** The matches of a rule; without any it matches every request. */
export function translateMatches(
  written: readonly HTTPRouteMatch[] = [],
  field: string,
  findings: RuleFindings,
): readonly RouteMatch[] {
  const matches = written.length === 0 ? [everyRequest] : written;
  return matches.flatMap((match, index) => translateMatch(match, `${field}[${index}]`, findings) ?? []);
}
