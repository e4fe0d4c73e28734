import type { Diagnostic } from '../diagnostic.ts';
import type { AnyObject, ObjectRef } from '../object.ts';

/** What a value that was read comes to. Diagnostics name fields; whoever knows the file adds the position. */
export type Validation =
  | { readonly kind: 'Object'; readonly object: AnyObject; readonly diagnostics: readonly Diagnostic[] }
  /** An object that can't be used. `ref` where it can be told which one it is. */
  | { readonly kind: 'Invalid'; readonly ref?: ObjectRef; readonly diagnostics: readonly Diagnostic[] }
  /** Of a kind that is not read. */
  | { readonly kind: 'Ignored'; readonly diagnostics: readonly Diagnostic[] };

/** Checks one value as the API server would. */
export type Validate = (value: unknown) => Validation;
