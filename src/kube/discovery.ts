import { type Result, err, ok } from '../lib/result.ts';
import { isBuiltIn, type Kind, kindTable } from '../snapshot/object.ts';
import { equalVersionsOf } from '../snapshot/validate/identify.ts';
import type { AddedDefaults } from './added-defaults.ts';
import type { KubeClient } from './client.ts';
import type { Failure } from './failure.ts';
import { groupPath, groupVersion, type Resource, usualResource } from './resource.ts';

/** Whether the server has a kind. */
export type Feature =
  | {
      readonly kind: 'Served';
      readonly of: Kind;
      readonly resource: Resource;
      /** What its definition adds to the one known here, where it is newer. */
      readonly added?: AddedDefaults;
    }
  /** Nobody has installed its definition. */
  | { readonly kind: 'NotInstalled'; readonly of: Kind }
  /** Installed, but only in versions that hold something else than the one that is read. */
  | { readonly kind: 'UnreadableVersions'; readonly of: Kind; readonly versions: readonly string[] };

/** An experimental kind that became a standard one, with the same fields. */
const formerKinds: { readonly [K in Kind]?: Pick<Resource, 'group' | 'version' | 'kind'> } = {
  ListenerSet: { group: 'gateway.networking.x-k8s.io', version: 'v1alpha1', kind: 'XListenerSet' },
};

/**
 * The forms in which a kind can be read, the best first. What an old form allows and the new one does not, the check of
 * each object finds.
 */
function formsOf(kind: Kind): readonly Resource[] {
  const usual = usualResource(kind);
  const older = equalVersionsOf(kind).map((apiVersion) => ({
    ...usual,
    version: apiVersion.slice(apiVersion.indexOf('/') + 1),
  }));
  const former = formerKinds[kind];
  return [usual, ...older, ...(former === undefined ? [] : [{ ...usual, ...former }])];
}

/** Groups that may come and go with the definitions of their kinds. */
function definedGroupsOf(kinds: readonly Kind[]): ReadonlySet<string> {
  const defined = kinds.filter((kind) => !isBuiltIn(kind));
  return new Set(defined.flatMap((kind) => formsOf(kind).map(({ group }) => group)));
}

/** Whether a CustomResourceDefinition, named `plural.group`, may be of one of the kinds. */
export function isRelevantDefinition(name: string, kinds: readonly Kind[]): boolean {
  return definedGroupsOf(kinds).has(name.slice(name.indexOf('.') + 1));
}

/** Asks the server in which form it has each of the kinds. */
export async function discover(
  client: KubeClient,
  kinds: readonly Kind[],
): Promise<Result<readonly Feature[], Failure>> {
  const served: Resource[] = [];
  for (const group of definedGroupsOf(kinds)) {
    const found = await resourcesOf(client, group);
    if (!found.ok) return found;
    served.push(...found.value);
  }
  return ok(kinds.map((kind) => featureOf(kind, served)));
}

function featureOf(kind: Kind, served: readonly Resource[]): Feature {
  if (isBuiltIn(kind)) return { kind: 'Served', of: kind, resource: usualResource(kind) };
  for (const form of formsOf(kind)) {
    const resource = served.find(
      (one) => one.group === form.group && one.version === form.version && one.kind === form.kind,
    );
    if (resource !== undefined) return { kind: 'Served', of: kind, resource };
  }
  const versions = served
    .filter((one) => one.group === kindTable[kind].group && one.kind === kind)
    .map(({ group, version }) => groupVersion(group, version));
  return versions.length === 0
    ? { kind: 'NotInstalled', of: kind }
    : { kind: 'UnreadableVersions', of: kind, versions };
}

async function resourcesOf(client: KubeClient, group: string): Promise<Result<readonly Resource[], Failure>> {
  const answer = await client.request('GET', `/apis/${group}`);
  if (!answer.ok) return answer.error.kind === 'NotFound' ? ok([]) : answer;
  const resources: Resource[] = [];
  for (const { version } of (answer.value as ApiGroup).versions) {
    const list = await client.request('GET', groupPath(group, version));
    // A version that went away between the two questions.
    if (!list.ok && list.error.kind === 'NotFound') continue;
    if (!list.ok) return err(list.error);
    for (const { name, kind, namespaced } of (list.value as ApiResourceList).resources) {
      // Subresources have a slash in their name.
      if (!name.includes('/')) resources.push({ group, version, kind, name, namespaced });
    }
  }
  return ok(resources);
}

interface ApiGroup {
  readonly versions: readonly { readonly version: string }[];
}

interface ApiResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}
