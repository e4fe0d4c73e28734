import type { Fields } from '../lib/fields.ts';
import type { Result } from '../lib/result.ts';
import type { KubeClient } from './client.ts';
import type { Failure } from './failure.ts';
import { groupVersion, type Resource, resourcePath } from './resource.ts';

/** Owns the fields that are applied (`metadata.managedFields`). */
const fieldManager = 'sallyport';

const applyType = 'application/apply-patch+yaml';

/** Names one object by how the server serves it. */
export interface Target {
  readonly resource: Resource;
  /** Empty for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
}

type Answer = Promise<Result<unknown, Failure>>;

function pathOf({ resource, namespace, name }: Target, subresource?: string): string {
  return resourcePath(resource, namespace, name, subresource);
}

function identityOf({ resource, namespace, name }: Target, metadata: Fields = {}): Fields {
  return {
    apiVersion: groupVersion(resource.group, resource.version),
    kind: resource.kind,
    metadata: { ...metadata, name, ...(namespace === '' ? {} : { namespace }) },
  };
}

/**
 * Makes the object have these fields, and lets go of those that were applied before and no longer are: server-side
 * apply, by force. `fields` may have `metadata`; identity is added. Makes the object where there is none. `part`: in the
 * name of a field manager of its own.
 */
export function applyObject(client: KubeClient, target: Target, fields: Fields, part?: string): Answer {
  const metadata = fields['metadata'] as Fields | undefined;
  return client.request('PATCH', pathOf(target), {
    query: { fieldManager: part === undefined ? fieldManager : `${fieldManager}-${part}`, force: true },
    contentType: applyType,
    body: { ...fields, ...identityOf(target, metadata) },
  });
}

/** Server-side apply of a status, for lists whose entries the server merges by key. */
export function applyStatus(client: KubeClient, target: Target, status: Fields): Answer {
  return client.request('PATCH', pathOf(target, 'status'), {
    query: { fieldManager, force: true },
    contentType: applyType,
    body: { ...identityOf(target), status },
  });
}

/**
 * Replaces a status whole, for lists that are one value to the server and have other writers: fails with `Conflict`
 * where the object is no longer at `resourceVersion`.
 */
export function replaceStatus(client: KubeClient, target: Target, resourceVersion: string, status: Fields): Answer {
  return client.request('PUT', pathOf(target, 'status'), {
    query: { fieldManager },
    body: { ...identityOf(target, { resourceVersion }), status },
  });
}

/** Deletes this very object, not one that took its name: fails with `Conflict` where the uid is another. */
export function deleteObject(client: KubeClient, target: Target, uid: string): Answer {
  return client.request('DELETE', pathOf(target), {
    body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' },
  });
}
