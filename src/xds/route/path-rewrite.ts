import type { RegexMatchAndSubstituteSchema } from '../../../gen/envoy/envoy/type/matcher/v3/regex_pb.js';
import type { PathRewrite } from '../../ir/filter.ts';
import { unreachable } from '../../lib/never.ts';
import { quoteRegex } from '../../lib/regex.ts';
import type { Init } from '../proto.ts';

export type RegexRewrite = Init<typeof RegexMatchAndSubstituteSchema>;

/** Replaces what the pattern meets by a text that is taken as it is. */
export function substitute(pattern: string, substitution: string): RegexRewrite {
  return { pattern: { regex: pattern }, substitution: substitution.replaceAll('\\', '\\\\') };
}

/** How the path without its query changes; `undefined`: not at all. */
export type EnvoyPathRewrite =
  | { readonly kind: 'Prefix'; readonly value: string }
  | { readonly kind: 'Regex'; readonly value: RegexRewrite };

/**
 * Envoy's prefix rewrite replaces text, so it joins wrongly where one side ends in a slash and the other does not:
 * `/a` to `/` makes `//b` of `/a/b`, and `/` to `/x` makes `/xb` of `/b`. Those go by an expression.
 */
export function buildPathRewrite(rewrite: PathRewrite | undefined): EnvoyPathRewrite | undefined {
  switch (rewrite?.kind) {
    case undefined:
      return undefined;
    case 'Full':
      return { kind: 'Regex', value: substitute('^/.*$', rewrite.value) };
    case 'Prefix': {
      const { prefix, value } = rewrite;
      if (prefix === value) return undefined;
      if (prefix === '/') return { kind: 'Regex', value: substitute('^/', `${value}/`) };
      if (value === '/') return { kind: 'Regex', value: substitute(`^${quoteRegex(prefix)}/*`, '/') };
      return { kind: 'Prefix', value };
    }
    default:
      return unreachable(rewrite);
  }
}
