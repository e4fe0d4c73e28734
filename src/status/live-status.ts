import type { Fields } from '../lib/fields.ts';
import type { ObjectRef } from '../snapshot/object.ts';

/** What the API server holds of an object, as far as its status goes. */
export interface LiveStatus {
  readonly resourceVersion: string;
  readonly uid: string;
  readonly status: Fields;
}

/** A status on its way to the API server. */
export type StatusWrite =
  /** By server-side apply: the fields are ours, those of others stay. For lists that are maps. */
  | { readonly kind: 'Apply'; readonly ref: ObjectRef; readonly status: Fields }
  /** The whole status in place of what was read at `resourceVersion`. For lists that are atomic. */
  | { readonly kind: 'Replace'; readonly ref: ObjectRef; readonly status: Fields; readonly resourceVersion: string };

export type WriteOutcome =
  | { readonly kind: 'Written'; readonly live: LiveStatus }
  /** Somebody else wrote since it was read. */
  | { readonly kind: 'Conflict' }
  /** The object is gone. */
  | { readonly kind: 'Gone' }
  | { readonly kind: 'Failed'; readonly message: string };

/** What the status writer asks of the API server. */
export interface StatusStore {
  /** The newest that is known without asking; undefined where the object is not there. */
  latest(ref: ObjectRef): LiveStatus | undefined;
  /** Asks; undefined where there is no answer, or no object. */
  read(ref: ObjectRef): Promise<LiveStatus | undefined>;
  write(write: StatusWrite): Promise<WriteOutcome>;
}
