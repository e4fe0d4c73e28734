import type { Fields } from '../../lib/fields.ts';
import { type Kind, kindTable } from '../object.ts';
import { closest } from './closest.ts';

/** What a value says it is. */
export type Identity =
  | { readonly kind: 'Known'; readonly of: Kind; readonly fields: Fields }
  /** Of another kind; `message` where it may be meant for Sallyport, `slip` where it is near one that is. */
  | { readonly kind: 'Other'; readonly message?: string; readonly slip?: boolean }
  /** Can't be read; `of` where it is plain which kind is meant, so that it can be told which object is broken. */
  | {
      readonly kind: 'Malformed';
      readonly message: string;
      readonly field?: string;
      readonly of?: Kind;
      readonly fields?: Fields;
    };

/** Versions that hold the same as the one that is read. */
const equalVersions: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ['gateway.networking.k8s.io/v1beta1', ['Gateway', 'GatewayClass', 'HTTPRoute', 'ReferenceGrant'] as const],
  ['gateway.networking.k8s.io/v1alpha3', ['BackendTLSPolicy', 'TLSRoute'] as const],
  ['gateway.networking.k8s.io/v1alpha2', ['GRPCRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'] as const],
]);

/** The other apiVersions that hold the same as the one in which a kind is read, the newest first. */
export function equalVersionsOf(kind: Kind): readonly string[] {
  return [...equalVersions].filter(([, kinds]) => kinds.includes(kind)).map(([apiVersion]) => apiVersion);
}

/** Groups that kinds were of before they moved: an old file means the kind of today. */
const formerGroups: ReadonlyMap<string, readonly Kind[]> = new Map([['extensions', ['Ingress'] as const]]);

/** Groups whose every kind has to do with traffic, so that one that is not read deserves a word. */
const ownGroups: ReadonlySet<string> = new Set([
  'gateway.networking.k8s.io',
  'gateway.networking.x-k8s.io',
  'sallyport.dev',
]);

/** The apiVersion in which a kind is read. */
export function apiVersionOf(kind: Kind): string {
  const { group, version } = kindTable[kind];
  return group === '' ? version : `${group}/${version}`;
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(kindTable, kind);
}

/** Tells which kind a parsed document is of. */
export function identify(value: unknown): Identity {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'Malformed', message: 'A document must be an object with apiVersion, kind and metadata.' };
  }
  // Just seen to be an object; its members stay unknown.
  const fields = value as Fields;
  const { apiVersion, kind } = fields;
  if (typeof kind !== 'string') return { kind: 'Malformed', message: 'kind is missing.', field: 'kind' };
  if (typeof apiVersion !== 'string') {
    const of = isKind(kind) ? { of: kind, fields } : {};
    return { kind: 'Malformed', message: 'apiVersion is missing.', field: 'apiVersion', ...of };
  }
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (!isKind(kind)) return { kind: 'Other', ...describeOther(group, kind) };
  if (apiVersion === apiVersionOf(kind)) return { kind: 'Known', of: kind, fields };
  if (equalVersions.get(apiVersion)?.includes(kind) === true) {
    return { kind: 'Known', of: kind, fields: { ...fields, apiVersion: apiVersionOf(kind) } };
  }
  // Other groups have kinds of the same name: a Service of Knative is none of ours.
  const moved = formerGroups.get(group)?.includes(kind) === true;
  const isNear = moved || group === kindTable[kind].group || closest(group, [kindTable[kind].group]) !== undefined;
  if (!isNear) return { kind: 'Other' };
  return {
    kind: 'Malformed',
    message: `${kind} is read as ${apiVersionOf(kind)}, not ${apiVersion}.`,
    field: 'apiVersion',
    of: kind,
    fields,
  };
}

function describeOther(group: string, kind: string): { readonly message?: string; readonly slip?: boolean } {
  // Test files may lie beside what they test; `sallyport test` reads them.
  if (group === 'sallyport.dev' && kind === 'ConfigurationTest') return {};
  const near = closest(kind, Object.keys(kindTable));
  const sameGroup = near !== undefined && isKind(near) && kindTable[near].group === group;
  if (!sameGroup && !ownGroups.has(group)) return {};
  const advice = near === undefined ? `Known are ${Object.keys(kindTable).join(', ')}.` : `Did you mean ${near}?`;
  return { message: `Objects of kind ${kind} are not read. ${advice}`, slip: near !== undefined };
}
