import type { PathMatch, RouteMatch, ValueMatch } from '../ir/match.ts';
import { unreachable } from '../lib/never.ts';
import type { Mismatch } from './match.ts';

function describePath(path: PathMatch): string {
  switch (path.kind) {
    case 'Exact':
      return `path ${path.value}`;
    case 'Prefix':
      return `path prefix ${path.value}`;
    case 'RegularExpression':
      return `path regular expression ${path.value}`;
    default:
      return unreachable(path);
  }
}

function describeValue({ kind, name, value }: ValueMatch): string {
  return kind === 'Exact' ? `${name}=${value}` : `${name}~${value}`;
}

/** A match in words: all parts of it. */
export function describeMatch(match: RouteMatch): string {
  return [
    ...(match.grpc === undefined ? [] : ['gRPC']),
    describePath(match.path),
    ...(match.method === undefined ? [] : [`method ${match.method}`]),
    ...match.headers.map((header) => `header ${describeValue(header)}`),
    ...match.queryParams.map((param) => `query ${describeValue(param)}`),
  ].join(', ');
}

function describeOne(mismatch: Mismatch): string {
  switch (mismatch.part) {
    case 'Path':
      return `wants ${describePath(mismatch.wanted)}, not ${mismatch.actual}`;
    case 'Grpc':
      return `wants gRPC, not ${mismatch.actual ?? 'a request without content-type'}`;
    case 'Method':
      return `wants method ${mismatch.wanted}, not ${mismatch.actual}`;
    case 'HostLabels':
      return `its wildcard host has ${mismatch.wanted} labels, the request's ${mismatch.actual}`;
    case 'Header':
    case 'QueryParam': {
      const part = mismatch.part === 'Header' ? 'header' : 'query parameter';
      const wanted = `wants ${part} ${describeValue(mismatch.wanted)}`;
      return mismatch.actual === undefined ? `${wanted}, which is missing` : `${wanted}, not ${mismatch.actual}`;
    }
    default:
      return unreachable(mismatch);
  }
}

/** Everything that a request does not meet, in words. */
export function describeMismatches(mismatches: readonly Mismatch[]): string {
  return mismatches.map(describeOne).join('; ');
}

function describeGrpcPrecedence(winner: RouteMatch, loser: RouteMatch): string | undefined {
  if (winner.grpc === undefined) return undefined;
  if (loser.grpc === undefined) return 'it is not for gRPC alone';
  if (winner.grpc.service > loser.grpc.service) return 'shorter or no service match';
  if (winner.grpc.service === loser.grpc.service && winner.grpc.method > loser.grpc.method) {
    return 'same service, shorter or no method match';
  }
  return winner.headers.length > loser.headers.length ? 'same service and method, fewer header matches' : undefined;
}

const kinds: readonly PathMatch['kind'][] = ['Exact', 'RegularExpression', 'Prefix'];

/** What of its match puts `loser`, which matches as well, behind `winner`; undefined where their matches rank alike. */
export function describePrecedence(winner: RouteMatch, loser: RouteMatch): string | undefined {
  if (winner.grpc !== undefined) return describeGrpcPrecedence(winner, loser);
  const [own, other] = [winner.path, loser.path];
  if (own.kind !== other.kind) {
    const rank = (path: PathMatch): number => kinds.indexOf(path.kind);
    if (rank(own) < rank(other)) return `${describePath(other)} counts less than ${describePath(own)}`;
  }
  if (own.kind === other.kind && own.value.length > other.value.length) {
    return `shorter path ${own.kind === 'Prefix' ? 'prefix' : 'match'} (${other.value} against ${own.value})`;
  }
  if (winner.method !== undefined && loser.method === undefined) return 'same path, no method match';
  if (winner.headers.length > loser.headers.length) return 'same path, fewer header matches';
  if (winner.queryParams.length > loser.queryParams.length) return 'same path, fewer query parameter matches';
  return undefined;
}
