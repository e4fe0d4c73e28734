import { type Kind, kindTable } from '../snapshot/object.ts';

/** How a server serves a kind. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** The kind as the server calls it: an experimental one may have another name than the one it became. */
  readonly kind: string;
  /** The plural, as in paths. */
  readonly name: string;
  readonly namespaced: boolean;
}

/** The plural of a kind, as paths have it. */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith('s')) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** The resource of a kind as this version of Kubernetes and our own definitions have it. */
export function usualResource(kind: Kind): Resource {
  const { group, version, namespaced } = kindTable[kind];
  return { group, version, kind, name: pluralOf(kind), namespaced };
}

/** The `apiVersion` of a group and version; the core group is empty. */
export function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Where a group and version is served. */
export function groupPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** The path of all objects, of those of a namespace, of one object, or of a subresource of it. */
export function resourcePath(resource: Resource, namespace = '', name?: string, subresource?: string): string {
  const scope = resource.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  const part = subresource === undefined ? '' : `/${subresource}`;
  return `${groupPath(resource.group, resource.version)}${scope}/${resource.name}${object}${part}`;
}
