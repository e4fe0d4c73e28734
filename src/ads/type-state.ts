import { Overlay, type OverlayRule } from './overlay.ts';
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

/** Types that something at the proxy waits for, only for so long, before it starts without. */
export function isWaitedFor(typeUrl: TypeUrl): boolean {
  return typeUrl === clusterLoadAssignmentType || typeUrl === secretType;
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

const acceptedResources = new WeakMap<AdsResource, Held>();

/** A resource that the proxy has acknowledged; one value for all proxies. */
export function accepted(resource: AdsResource): Held {
  const known = acceptedResources.get(resource);
  if (known !== undefined) return known;
  const held = { version: resource.version, resource };
  acceptedResources.set(resource, held);
  return held;
}

const heldAsInTable: OverlayRule<Held> = {
  read: accepted,
  isSame: ({ version }, resource) => version === resource.version,
};

const subscribedAsInTable: OverlayRule<true> = { read: () => true, isSame: () => true };

/** The state of one type on one stream. */
export interface TypeState {
  readonly typeUrl: TypeUrl;
  /** Whether the proxy has asked for this type on this stream. */
  requested: boolean;
  wildcard: boolean;
  readonly subscribed: Overlay<true>;
  readonly held: Overlay<Held>;
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

/** How many resources the proxy may have without having acknowledged a version. */
export function countUnrecorded({ held }: TypeState): number {
  let count = 0;
  for (const [, { version }] of held.differing()) if (version === undefined) count += 1;
  return count;
}

export function createTypeState(typeUrl: TypeUrl): TypeState {
  return {
    typeUrl,
    requested: false,
    wildcard: false,
    subscribed: new Overlay(subscribedAsInTable),
    held: new Overlay(heldAsInTable),
    pending: new Set(),
    forced: new Set(),
    refused: new Map(),
    groups: [],
    gatedSince: new Map(),
    answerOwed: false,
    inFlight: undefined,
  };
}
