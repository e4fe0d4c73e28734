import { createHash } from 'node:crypto';

/**
 * A 64-bit content hash as 11 base64url characters: short enough to be a resource version that thousands of
 * resources carry on a reconnect, long enough that two contents of one name never meet.
 */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, 8).toString('base64url');
}

/** A 32-bit hash as 8 hexadecimal digits, for names in which capitals and underscores have no place. */
export function nameHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
