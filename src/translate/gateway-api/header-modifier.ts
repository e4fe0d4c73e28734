import type { HTTPHeaderFilter } from '../../../gen/kubernetes/types.ts';
import { type HeaderModification, type HeaderValue, noHeaderModification } from '../../ir/filter.ts';
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
    if (name === 'host' || name.startsWith(':')) {
      refuse(findings, field, `Header ${name} can't be modified; use a URLRewrite filter to change the host.`);
    }
  }
  return { set, add, remove };
}

function namesOf(modification: HeaderModification): ReadonlySet<string> {
  const { set, add, remove } = modification;
  return new Set([...set.map((header) => header.name), ...add.map((header) => header.name), ...remove]);
}

/** Whether both say something on the same header, so that their order matters. */
export function overlapsHeaders(a: HeaderModification, b: HeaderModification): boolean {
  return !namesOf(a).isDisjointFrom(namesOf(b));
}

/** One modification that does what `first` and then `second` do. */
export function composeHeaders(first: HeaderModification, second: HeaderModification): HeaderModification {
  if (first === noHeaderModification) return second;
  const replaced = new Set([...second.set.map((header) => header.name), ...second.remove]);
  const set = new Map(first.set.filter((header) => !replaced.has(header.name)).map((header) => [header.name, header]));
  const add = first.add.filter((header) => !replaced.has(header.name));
  const remove = first.remove.filter((name) => !replaced.has(name));
  for (const header of second.set) set.set(header.name, header);
  return { set: [...set.values()], add: [...add, ...second.add], remove: [...remove, ...second.remove] };
}
