import type { HTTPHeaderFilter } from '../../../gen/kubernetes/types.ts';
import type { HeaderModification, HeaderValue } from '../../ir/filter.ts';
import { refuse, type RuleFindings } from './finding.ts';

// What may stand in a header value: anything but control characters, which could end the header.
// oxlint-disable-next-line no-control-regex
const unsafeValue = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Of entries with an equal name only the first counts. */
function translateValues(
  entries: readonly { readonly name: string; readonly value: string }[],
  field: string,
  findings: RuleFindings,
): readonly HeaderValue[] {
  const byName = new Map<string, HeaderValue>();
  entries.forEach((entry, index) => {
    const name = entry.name.toLowerCase();
    if (unsafeValue.test(entry.value)) {
      refuse(findings, `${field}[${index}].value`, `The value of header ${name} holds control characters.`);
    }
    if (!byName.has(name)) byName.set(name, { name, value: entry.value });
  });
  return [...byName.values()];
}

/** RequestHeaderModifier and ResponseHeaderModifier. A header may have one action only. */
export function translateHeaderModifier(
  direction: 'Request' | 'Response',
  filter: HTTPHeaderFilter | undefined,
  field: string,
  findings: RuleFindings,
): HeaderModification {
  const set = translateValues(filter?.set ?? [], `${field}.set`, findings);
  const add = translateValues(filter?.add ?? [], `${field}.add`, findings);
  const remove = [...new Set((filter?.remove ?? []).map((name) => name.toLowerCase()))];
  const seen = new Set<string>();
  for (const name of [...set.map((header) => header.name), ...add.map((header) => header.name), ...remove]) {
    if (seen.has(name)) refuse(findings, field, `Header ${name} has several actions; only one is allowed.`);
    seen.add(name);
    const setsHost = direction === 'Request' && set.some((header) => header.name === name);
    if (name.startsWith(':') || (name === 'host' && !setsHost)) {
      refuse(findings, field, `Header ${name} can only be set, and that on requests.`);
    }
  }
  return { set, add, remove };
}
