import type { AdsResource } from './resource.ts';
import type { DeltaResponse } from './response.ts';
import {
  clusterLoadAssignmentType,
  clusterType,
  extensionConfigType,
  listenerType,
  routeConfigurationType,
  secretType,
  type TypeUrl,
} from './type-url.ts';

/**
 * The order in which types are looked at. Clusters come before endpoints so that an assignment follows its cluster in
 * the same turn; everything that uses a cluster comes after both.
 */
export const sendOrder: readonly TypeUrl[] = [
  clusterType,
  clusterLoadAssignmentType,
  secretType,
  extensionConfigType,
  listenerType,
  routeConfigurationType,
];

/** Types of which a proxy wants everything there is when its first request names nothing. */
export function isWildcardType(typeUrl: TypeUrl): boolean {
  return typeUrl === clusterType || typeUrl === listenerType;
}

/** Types whose resources wait for the clusters that they require. */
export function isGatedType(typeUrl: TypeUrl): boolean {
  return typeUrl === listenerType || typeUrl === routeConfigurationType || typeUrl === extensionConfigType;
}

/** What is known of a resource at the proxy. */
export interface Held {
  /** The version that it acknowledged; undefined when the proxy may have anything or nothing, after a refusal. */
  readonly version: string | undefined;
  /**
   * What it accepted last, which it serves until something newer is accepted: unknown when that was before this stream,
   * undefined when there is none.
   */
  readonly resource: AdsResource | 'unknown' | undefined;
}

/** The state of one type on one stream. */
export interface TypeState {
  readonly typeUrl: TypeUrl;
  /** Whether the proxy has asked for this type on this stream. */
  requested: boolean;
  wildcard: boolean;
  readonly subscribed: Set<string>;
  readonly held: Map<string, Held>;
  /** Names to look at for something to send. */
  readonly pending: Set<string>;
  /** Of those, the ones to send even if the proxy has this very version: fresh subscriptions and warming clusters. */
  readonly forced: Set<string>;
  /** Versions that were refused in a response of their own; they are not sent again. */
  readonly refused: Map<string, string>;
  /** Parts of a refused response, each to be sent by itself to find what is at fault. */
  readonly groups: (readonly string[])[];
  /** Since when a name has waited for its clusters. */
  readonly gatedSince: Map<string, number>;
  /** The first wildcard request of a proxy that has nothing is answered even if there is nothing. */
  answerOwed: boolean;
  inFlight: DeltaResponse | undefined;
}

export function createTypeState(typeUrl: TypeUrl): TypeState {
  return {
    typeUrl,
    requested: false,
    wildcard: false,
    subscribed: new Set(),
    held: new Map(),
    pending: new Set(),
    forced: new Set(),
    refused: new Map(),
    groups: [],
    gatedSince: new Map(),
    answerOwed: false,
    inFlight: undefined,
  };
}
