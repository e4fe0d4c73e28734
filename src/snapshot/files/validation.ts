import type { Diagnostic } from '../diagnostic.ts';
import type { AnyObject, ObjectRef } from '../object.ts';

/** An object that can't be used. */
export interface InvalidValue {
  readonly kind: 'Invalid';
  /** Where it can be told which one it is. */
  readonly ref?: ObjectRef;
  /** To be served in its place where no earlier version of it passed. */
  readonly standIn?: AnyObject;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a value that was read comes to. Diagnostics name fields; whoever knows the file adds the position. */
export type Validation =
  | { readonly kind: 'Object'; readonly object: AnyObject; readonly diagnostics: readonly Diagnostic[] }
  | InvalidValue
  /** Of a kind that is not read. */
  | { readonly kind: 'Ignored'; readonly diagnostics: readonly Diagnostic[] };

/** Checks one value as the API server would. */
export type Validate = (value: unknown) => Validation;
