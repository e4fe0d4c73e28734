import type { Requirement } from '../ads/resource.ts';
import type { TypeUrl } from '../ads/type-url.ts';
import type { Origin } from '../ir/name.ts';
import { contentHash } from '../lib/hash.ts';
import type { XdsResource } from './resource.ts';

/** A resource that is one fragment: at fault as a whole or not at all. */
export function encodedResource(
  typeUrl: TypeUrl,
  name: string,
  bytes: Uint8Array,
  origins: readonly Origin[],
  requires: readonly Requirement[],
): XdsResource {
  const version = contentHash(bytes);
  return {
    typeUrl,
    name,
    version,
    body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    requires,
    fragments: () => [{ hash: version, origins }],
  };
}
