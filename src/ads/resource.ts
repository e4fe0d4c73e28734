import type { TypeUrl } from './type-url.ts';

/** Another resource that must be with the proxy before this one. */
export interface Requirement {
  readonly typeUrl: TypeUrl;
  readonly name: string;
}

/** All that the server knows of a resource. */
export interface AdsResource {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly version: string;
  readonly body: Buffer;
  readonly requires: readonly Requirement[];
}
