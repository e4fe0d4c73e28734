import type { HTTPPathModifier } from '../../../gen/kubernetes/types.ts';
import type { PathRewrite } from '../../ir/filter.ts';
import type { RouteMatch } from '../../ir/match.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { normalizePrefix } from './match.ts';

/**
 * Replaces a path or the prefix of it that the rule matched. A prefix can be replaced only where the rule has exactly
 * one match, and that by prefix (HTTPPathModifier.replacePrefixMatch).
 */
export function translatePathModifier(
  modifier: HTTPPathModifier,
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): PathRewrite | undefined {
  switch (modifier.type) {
    case 'ReplaceFullPath': {
      const value = modifier.replaceFullPath ?? '/';
      return { kind: 'Full', value: value.startsWith('/') ? value : `/${value}` };
    }
    case 'ReplacePrefixMatch': {
      const [match, ...others] = matches;
      if (match?.path.kind !== 'Prefix' || others.length > 0) {
        return refuse(findings, field, 'ReplacePrefixMatch needs a rule with one match, by PathPrefix.');
      }
      const value = normalizePrefix(modifier.replacePrefixMatch ?? '/');
      return { kind: 'Prefix', prefix: match.path.value, value: value.startsWith('/') ? value : `/${value}` };
    }
    default:
      return refuse(findings, `${field}.type`, `Path modifier ${String(modifier.type)} is unknown.`);
  }
}
