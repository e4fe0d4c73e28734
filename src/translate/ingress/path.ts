import type { PathMatch } from '../../ir/match.ts';
import { err, ok, type Result } from '../../lib/result.ts';

const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * An Ingress path as a match, by the API server's own rules (HTTPIngressPath). A Prefix compares path elements and
 * takes no notice of a slash at its end. ImplementationSpecific is a Prefix here; without a path it takes every path.
 */
export function parseIngressPath(pathType: string, path: string | undefined): Result<PathMatch, string> {
  if (pathType === 'ImplementationSpecific') {
    const given = path === undefined || path === '' ? '/' : path;
    if (!given.startsWith('/')) return err(`path ${given} must start with '/'`);
    return ok({ kind: 'Prefix', value: withoutTrailingSlash(given) });
  }
  if (pathType !== 'Exact' && pathType !== 'Prefix') {
    return err(`pathType must be Exact, Prefix or ImplementationSpecific, not ${pathType}`);
  }
  if (path === undefined || !path.startsWith('/')) return err(`a path of type ${pathType} must start with '/'`);
  const part = forbiddenParts.find((candidate) => path.includes(candidate));
  if (part !== undefined) return err(`path ${path} must not contain '${part}'`);
  const end = forbiddenEnds.find((candidate) => path.endsWith(candidate));
  if (end !== undefined) return err(`path ${path} must not end with '${end}'`);
  return ok(
    pathType === 'Exact' ? { kind: 'Exact', value: path } : { kind: 'Prefix', value: withoutTrailingSlash(path) },
  );
}
