import type { TypeUrl } from './type-url.ts';

/** What a proxy asks for or answers; the parts of a DeltaDiscoveryRequest that matter here. */
export interface DeltaRequest {
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: Readonly<Record<string, string>>;
  readonly nonce: string;
  /** The message of a refusal. */
  readonly error: string | undefined;
}

export interface StreamOptions {
  /** How long a cluster outlives its last user, in ms: at least the longest request with its retries. */
  readonly removalGraceMs: number;
  /** How long a route waits for its clusters, in ms; over the 15 s after which Envoy gives up warming a cluster. */
  readonly gateTimeoutMs: number;
  /** How long a proxy that has been sent more than this server has read is told nothing, in ms. */
  readonly catchUpMs: number;
}

export interface ResourceVersion {
  readonly name: string;
  readonly version: string;
}

/** A proxy's word on a response. */
export interface Answer {
  readonly typeUrl: TypeUrl;
  readonly generation: number;
  readonly resources: readonly ResourceVersion[];
  readonly removed: readonly string[];
  /** The proxy's message when it refused. */
  readonly refusal: string | undefined;
  /** Whether the resources of a refused response are now sent apart to find the one at fault. */
  readonly narrowing: boolean;
}

/** What may be seen of a type on a stream. */
export interface TypeSync {
  readonly typeUrl: TypeUrl;
  readonly subscribed: number | 'all';
  readonly acknowledged: number;
  readonly pending: number;
  readonly inFlight: string | undefined;
  readonly refused: readonly ResourceVersion[];
}
