import type { AdsResource } from '../ads/resource.ts';
import type { Origin } from '../ir/name.ts';

/** A part of a resource that can be at fault by itself: a route, a filter chain, a cluster. */
export interface Fragment {
  /** Hash of its encoded bytes. */
  readonly hash: string;
  readonly origins: readonly Origin[];
}

/** An encoded resource that can tell which objects its parts came from. */
export interface XdsResource extends AdsResource {
  /** Its parts; walked only when Envoy has refused the resource. */
  fragments(): Iterable<Fragment>;
}
