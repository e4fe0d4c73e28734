import type { Fields } from '../lib/fields.ts';
import { applyStatus, replaceStatus, type Target } from '../kube/apply.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Failure } from '../kube/failure.ts';
import { resourcePath } from '../kube/resource.ts';
import type { KubeSource } from '../kube/source.ts';
import type { LiveStatus, StatusStore, WriteOutcome } from '../status/live-status.ts';

interface ObjectWithStatus {
  readonly metadata: { readonly resourceVersion: string; readonly uid: string };
  readonly status?: Fields;
}

function liveOf(object: unknown): LiveStatus {
  // The API server answers with the object.
  const { metadata, status = {} } = object as ObjectWithStatus;
  return { resourceVersion: metadata.resourceVersion, uid: metadata.uid, status };
}

function outcomeOf(failure: Failure): WriteOutcome {
  switch (failure.kind) {
    case 'Conflict':
      return { kind: 'Conflict' };
    case 'NotFound':
      return { kind: 'Gone' };
    default:
      return { kind: 'Failed', message: failure.message };
  }
}

/** The statuses of a cluster's objects: read as the source followed them, written to their status subresource. */
export function createKubeStatusStore(client: KubeClient, source: KubeSource): StatusStore {
  return {
    latest(ref) {
      const latest = source.latest(ref);
      if (latest === undefined) return undefined;
      // Kept as the server sent it.
      return { resourceVersion: latest.resourceVersion, uid: latest.uid, status: (latest.status ?? {}) as Fields };
    },
    async read(ref) {
      const resource = source.resource(ref.kind);
      if (resource === undefined) return undefined;
      const answer = await client.request('GET', resourcePath(resource, ref.namespace, ref.name));
      return answer.ok ? liveOf(answer.value) : undefined;
    },
    async write(write) {
      const resource = source.resource(write.ref.kind);
      if (resource === undefined) return { kind: 'Gone' };
      const target: Target = { resource, namespace: write.ref.namespace, name: write.ref.name };
      const answer =
        write.kind === 'Apply'
          ? await applyStatus(client, target, write.status)
          : await replaceStatus(client, target, write.resourceVersion, write.status);
      return answer.ok ? { kind: 'Written', live: liveOf(answer.value) } : outcomeOf(answer.error);
    },
  };
}
