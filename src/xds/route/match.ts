import type {
  HeaderMatcherSchema,
  QueryParameterMatcherSchema,
  RouteMatchSchema,
} from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { StringMatcherSchema } from '../../../gen/envoy/envoy/type/matcher/v3/string_pb.js';
import type { PathMatch, RouteMatch, ValueMatch } from '../../ir/match.ts';
import { unreachable } from '../../lib/never.ts';
import type { Init, OneOf } from '../proto.ts';

export type HeaderMatcherInit = Init<typeof HeaderMatcherSchema>;
type StringMatcherInit = Init<typeof StringMatcherSchema>;
type PathSpecifier = OneOf<typeof RouteMatchSchema, 'pathSpecifier'>;

export function exactString(value: string): StringMatcherInit {
  return { matchPattern: { case: 'exact', value } };
}

/** The expression has to cover the whole value, which is how Envoy uses it wherever it matches strings. */
export function wholeRegex(regex: string): StringMatcherInit {
  return { matchPattern: { case: 'safeRegex', value: { regex } } };
}

export function headerMatch(name: string, value: StringMatcherInit): HeaderMatcherInit {
  return { name, headerMatchSpecifier: { case: 'stringMatch', value } };
}

export function headerPresent(name: string, present: boolean): HeaderMatcherInit {
  return { name, headerMatchSpecifier: { case: 'presentMatch', value: present } };
}

/** How Envoy compares a path. */
export function pathSpecifier(path: PathMatch): PathSpecifier {
  switch (path.kind) {
    case 'Exact':
      return { case: 'path', value: path.value };
    case 'Prefix':
      // Envoy refuses "/" as a prefix of whole elements; as a plain prefix it means the same.
      return path.value === '/' ? { case: 'prefix', value: '/' } : { case: 'pathSeparatedPrefix', value: path.value };
    case 'RegularExpression':
      return { case: 'safeRegex', value: { regex: path.value } };
    default:
      return unreachable(path);
  }
}

function stringMatcher({ kind, value }: ValueMatch): StringMatcherInit {
  switch (kind) {
    case 'Exact':
      return exactString(value);
    case 'RegularExpression':
      return wholeRegex(value);
    default:
      return unreachable(kind);
  }
}

function queryMatch(match: ValueMatch): Init<typeof QueryParameterMatcherSchema> {
  return { name: match.name, queryParameterMatchSpecifier: { case: 'stringMatch', value: stringMatcher(match) } };
}

/** A host of so many labels, with or without a port. */
function labelCount(count: number): HeaderMatcherInit {
  return headerMatch(':authority', wholeRegex(`[^.:]+(?:\\.[^.:]+){${count - 1}}(?::[0-9]*)?`));
}

/** All parts of the match, and the conditions that a variant of its route adds. */
export function buildMatch(match: RouteMatch, conditions: readonly HeaderMatcherInit[]): Init<typeof RouteMatchSchema> {
  return {
    pathSpecifier: pathSpecifier(match.path),
    ...(match.grpc === undefined ? {} : { grpc: {} }),
    headers: [
      ...(match.method === undefined ? [] : [headerMatch(':method', exactString(match.method))]),
      ...match.headers.map((header) => headerMatch(header.name, stringMatcher(header))),
      ...(match.hostLabels === undefined ? [] : [labelCount(match.hostLabels)]),
      ...conditions,
    ],
    queryParameters: match.queryParams.map(queryMatch),
  };
}
