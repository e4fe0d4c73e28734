import {
  HeaderValueOption_HeaderAppendAction,
  type HeaderValueOptionSchema,
} from '../../../gen/envoy/envoy/config/core/v3/base_pb.js';
import { noHeaderModification, type HeaderModification, type HeaderValue } from '../../ir/filter.ts';
import type { Init } from '../proto.ts';

type HeaderValueOptionInit = Init<typeof HeaderValueOptionSchema>;

/** Envoy expands `%COMMAND%` in header values; a doubled sign is a literal one. */
export function literal(text: string): string {
  return text.replaceAll('%', '%%');
}

function option(header: HeaderValue, appendAction: HeaderValueOption_HeaderAppendAction): HeaderValueOptionInit {
  return { header: { key: header.name, value: literal(header.value) }, appendAction, keepEmptyValue: true };
}

/** Envoy removes first, then sets, then adds. */
export function headersToAdd({ set, add }: HeaderModification): HeaderValueOptionInit[] {
  return [
    ...set.map((header) => option(header, HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)),
    ...add.map((header) => option(header, HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD)),
  ];
}

export function isEmpty({ set, add, remove }: HeaderModification): boolean {
  return set.length === 0 && add.length === 0 && remove.length === 0;
}

/**
 * One modification that does what the rule's and then the backend's do. Envoy would apply the backend's first and let
 * the rule's `set` overwrite it, so where a backend has its own, the two are joined here.
 */
export function composeHeaders(rule: HeaderModification, backend: HeaderModification): HeaderModification {
  if (isEmpty(backend)) return rule;
  const overruled = new Set([...backend.set.map((header) => header.name), ...backend.remove]);
  const kept = (header: HeaderValue): boolean => !overruled.has(header.name);
  return {
    set: [...rule.set.filter(kept), ...backend.set],
    add: [...rule.add.filter(kept), ...backend.add],
    remove: [...new Set([...rule.remove, ...backend.remove])],
  };
}

/** Host is no header to Envoy, which refuses a configuration that modifies it: a `set` of it is a host rewrite. */
export function splitHost(headers: HeaderModification): {
  readonly headers: HeaderModification;
  readonly host?: string;
} {
  const isHost = (name: string): boolean => name === 'host' || name.startsWith(':');
  const touched = [...headers.set, ...headers.add].some((header) => isHost(header.name)) || headers.remove.some(isHost);
  if (!touched) return { headers };
  const host = headers.set.findLast((header) => header.name === 'host')?.value;
  const rest: HeaderModification = {
    set: headers.set.filter((header) => !isHost(header.name)),
    add: headers.add.filter((header) => !isHost(header.name)),
    remove: headers.remove.filter((name) => !isHost(name)),
  };
  return { headers: isEmpty(rest) ? noHeaderModification : rest, ...(host === undefined ? {} : { host }) };
}
