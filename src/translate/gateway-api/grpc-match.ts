import type { GRPCMethodMatch, GRPCRouteMatch } from '../../../gen/kubernetes/types.ts';
import type { PathMatch, RouteMatch } from '../../ir/match.ts';
import { quoteRegex } from '../../lib/regex.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { checkPattern, translateValues } from './match.ts';

/** Any service, or any method: one element of the path. */
const anyName = '[^/]+';

function translateExact(service: string, method: string, field: string, findings: RuleFindings): PathMatch | undefined {
  for (const [name, value] of [
    ['service', service],
    ['method', method],
  ] as const) {
    if (value.includes('/'))
      return refuse(findings, `${field}.${name}`, `${value} holds a slash, which no ${name} has.`);
  }
  if (service === '' && method === '') return { kind: 'Prefix', value: '/' };
  if (method === '') return { kind: 'Prefix', value: `/${service}` };
  if (service === '') return { kind: 'RegularExpression', value: `/${anyName}/${quoteRegex(method)}` };
  return { kind: 'Exact', value: `/${service}/${method}` };
}

function translatePatterns(
  service: string,
  method: string,
  field: string,
  findings: RuleFindings,
): PathMatch | undefined {
  const checked = [
    service === '' || checkPattern(service, `${field}.service`, findings),
    method === '' || checkPattern(method, `${field}.method`, findings),
  ];
  if (checked.includes(false)) return undefined;
  const element = (pattern: string): string => (pattern === '' ? anyName : `(?:${pattern})`);
  return { kind: 'RegularExpression', value: `/${element(service)}/${element(method)}` };
}

/** The path that gRPC gives a request: `/service/method`. */
function translateMethod(
  { type = 'Exact', service = '', method = '' }: GRPCMethodMatch,
  field: string,
  findings: RuleFindings,
): PathMatch | undefined {
  switch (type) {
    case 'Exact':
      return translateExact(service, method, field, findings);
    case 'RegularExpression':
      return translatePatterns(service, method, field, findings);
    default:
      return refuse(findings, `${field}.type`, `Method match type ${String(type)} is unknown.`);
  }
}

function translateMatch(match: GRPCRouteMatch, field: string, findings: RuleFindings): RouteMatch | undefined {
  const before = findings.invalid.length;
  const { method = {} } = match;
  const path = translateMethod(method, `${field}.method`, findings);
  const headers = translateValues(match.headers ?? [], (name) => name.toLowerCase(), `${field}.headers`, findings);
  if (path === undefined || findings.invalid.length > before) return undefined;
  const grpc = { service: method.service?.length ?? 0, method: method.method?.length ?? 0 };
  return { path, grpc, headers, queryParams: [] };
}

/** The matches of a rule of a GRPCRoute; without any it matches every gRPC request. */
export function translateGrpcMatches(
  written: readonly GRPCRouteMatch[] = [],
  field: string,
  findings: RuleFindings,
): readonly RouteMatch[] {
  const matches = written.length === 0 ? [{}] : written;
  return matches.flatMap((match, index) => translateMatch(match, `${field}[${index}]`, findings) ?? []);
}
