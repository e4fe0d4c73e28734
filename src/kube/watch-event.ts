import { type Failure, failureOf } from './failure.ts';

/** An object as the API server sends it: only what every object has is known of it. */
export interface RawObject {
  readonly metadata: RawMetadata;
  readonly [field: string]: unknown;
}

export interface RawMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly annotations?: { readonly [key: string]: string };
  readonly [field: string]: unknown;
}

export type WatchEvent =
  | { readonly kind: 'Put'; readonly object: RawObject }
  | { readonly kind: 'Remove'; readonly object: RawObject }
  /** Everything up to this resourceVersion was sent; `listed`: and with it the initial list. */
  | { readonly kind: 'Bookmark'; readonly resourceVersion: string; readonly listed: boolean }
  | { readonly kind: 'Error'; readonly failure: Failure };

const listedAnnotation = 'k8s.io/initial-events-end';

/** Whether a value has the metadata that objects, lists and bookmarks have (`metav1.ObjectMeta`, `ListMeta`). */
export function isRawObject(value: unknown): value is RawObject {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false;
  const { metadata } = value;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'resourceVersion' in metadata &&
    typeof metadata.resourceVersion === 'string' &&
    (!('name' in metadata) || typeof metadata.name === 'string')
  );
}

/** Reads one line of a watch (`metav1.WatchEvent`). */
export function decodeWatchEvent(line: unknown): WatchEvent {
  if (typeof line !== 'object' || line === null) return unreadable();
  const { type, object } = line as { readonly type?: unknown; readonly object?: unknown };
  if (type === 'ERROR') return { kind: 'Error', failure: failureOf(object) };
  if (!isRawObject(object)) return unreadable();
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'Put', object };
    case 'DELETED':
      return { kind: 'Remove', object };
    case 'BOOKMARK':
      return {
        kind: 'Bookmark',
        resourceVersion: object.metadata.resourceVersion,
        listed: object.metadata.annotations?.[listedAnnotation] === 'true',
      };
    default:
      return unreadable();
  }
}

function unreadable(): WatchEvent {
  return {
    kind: 'Error',
    failure: { kind: 'Unreachable', message: 'The API server sent a watch event that can not be read.' },
  };
}

/** One page of a list. */
export interface Page {
  readonly resourceVersion: string;
  /** Names the next page; empty on the last. */
  readonly continue: string;
  readonly objects: readonly RawObject[];
}

/** Reads the answer to a list; undefined where it is none. */
export function decodePage(body: unknown): Page | undefined {
  if (!isRawObject(body)) return undefined;
  const { items, metadata } = body;
  if (items !== null && !Array.isArray(items)) return undefined;
  const token = metadata['continue'];
  return {
    resourceVersion: metadata.resourceVersion,
    continue: typeof token === 'string' ? token : '',
    objects: ((items ?? []) as readonly unknown[]).filter(isRawObject),
  };
}
