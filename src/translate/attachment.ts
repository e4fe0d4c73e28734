import type { ClusterName, GatewayName, Origin, SectionName } from '../ir/name.ts';
import type { Route } from '../ir/route.ts';
import type { UpstreamProtocol } from '../ir/cluster.ts';

/** Decides between equal matches: the oldest object first, then by name (HTTPRouteRule.matches). */
export interface Precedence {
  /** metadata.creationTimestamp, or the empty string: an object of a file has none and all are of one age. */
  readonly createdAt: string;
  /** `namespace/name`. */
  readonly object: string;
}

/** Routes of one object, offered at hostnames of one section of a Gateway. `routes` are in the order of the object. */
export interface Attachment {
  readonly gateway: GatewayName;
  readonly section: SectionName;
  /** After the intersection with the section's hostname; never empty; lower case, `*` for every host. */
  readonly hostnames: readonly string[];
  readonly origin: Origin;
  readonly precedence: Precedence;
  /** Ranks behind every route that is not a fallback, whatever its match (an Ingress's default backend). */
  readonly fallback?: true;
  readonly routes: readonly Route[];
}

/** A cluster that routes name. Equal names mean equal requests. */
export type ClusterRequest =
  | {
      readonly kind: 'ServicePort';
      readonly name: ClusterName;
      readonly namespace: string;
      readonly service: string;
      readonly port: number;
    }
  | {
      /** The weighted backends of one rule in one cluster, a locality each, so that sessions hold over all of them. */
      readonly kind: 'Rule';
      readonly name: ClusterName;
      readonly protocol: UpstreamProtocol;
      readonly backends: readonly {
        readonly namespace: string;
        readonly service: string;
        readonly port: number;
        readonly weight: number;
      }[];
    };
