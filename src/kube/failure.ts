import { messageOf } from '../lib/error.ts';

/**
 * Why the API server did not do what it was asked. `message` is the server's own where it sent one, and fit to be shown.
 * The reasons are those of `metav1.Status`.
 */
export type Failure =
  | { readonly kind: 'NotFound'; readonly message: string }
  | { readonly kind: 'AlreadyExists'; readonly message: string }
  /** Another writer was first: read again. */
  | { readonly kind: 'Conflict'; readonly message: string }
  /** The resourceVersion or the continue token is too old: list again. */
  | { readonly kind: 'Gone'; readonly message: string }
  /** The resourceVersion is one that the server has not reached, or never will after a restore. */
  | { readonly kind: 'ResourceVersionTooLarge'; readonly message: string }
  | { readonly kind: 'Forbidden'; readonly message: string }
  | { readonly kind: 'Unauthorized'; readonly message: string }
  /** The request itself is wrong, or asks for what this server does not serve. */
  | { readonly kind: 'Invalid'; readonly message: string }
  | { readonly kind: 'TooManyRequests'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'ServerFault'; readonly message: string; readonly code: number; readonly retryAfterMs: number }
  /** No answer: the connection failed, was cut, or nothing was heard for too long. */
  | { readonly kind: 'Unreachable'; readonly message: string }
  /** The caller gave up. */
  | { readonly kind: 'Cancelled'; readonly message: string };

/** The part of `metav1.Status` that tells failures apart. */
interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string }[];
  };
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

/** The failure that an answer with the HTTP status `code` means, or an ERROR event of a watch (then without `code`). */
export function failureOf(body: unknown, code?: number, retryAfterSeconds?: number): Failure {
  const status = isStatus(body) ? body : {};
  const number = status.code ?? code ?? 500;
  const message = status.message ?? `The API server answered ${number}.`;
  const retryAfterMs = (status.details?.retryAfterSeconds ?? retryAfterSeconds ?? 0) * 1000;
  // A 504 in form, but waiting does not help where a restore turned the counter back.
  if (status.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') === true)
    return { kind: 'ResourceVersionTooLarge', message };
  switch (number) {
    case 401:
      return { kind: 'Unauthorized', message };
    case 403:
      return { kind: 'Forbidden', message };
    case 404:
      return { kind: 'NotFound', message };
    case 409:
      return { kind: status.reason === 'AlreadyExists' ? 'AlreadyExists' : 'Conflict', message };
    case 410:
      return { kind: 'Gone', message };
    case 429:
      return { kind: 'TooManyRequests', message, retryAfterMs };
    default:
      return number >= 400 && number < 500
        ? { kind: 'Invalid', message }
        : { kind: 'ServerFault', message, code: number, retryAfterMs };
  }
}

/** What a failed connection comes to. */
export function unreachable(error: unknown, signal?: AbortSignal): Failure {
  // What the parser says shows a piece of the answer, which may be of a Secret.
  const message = error instanceof SyntaxError ? 'The API server sent what is no JSON.' : messageOf(error);
  return signal?.aborted === true ? { kind: 'Cancelled', message } : { kind: 'Unreachable', message };
}
