import type { PathRewrite } from '../ir/filter.ts';

/** Joins what follows a matched prefix to its replacement with exactly one slash between. */
function joinPath(value: string, rest: string): string {
  const base = value.endsWith('/') ? value.slice(0, -1) : value;
  if (rest === '') return base === '' ? '/' : base;
  return `${base}/${rest.replace(/^\/+/, '')}`;
}

/** The path after a rewrite; a query is not part of it and stays. */
export function rewritePath(path: string, rewrite: PathRewrite): string {
  if (rewrite.kind === 'Full') return rewrite.value;
  const prefix = rewrite.prefix === '/' ? '' : rewrite.prefix;
  return joinPath(rewrite.value, path.slice(prefix.length));
}
