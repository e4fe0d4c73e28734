import type { ClusterName, GatewayName, Origin, SectionName } from '../ir/name.ts';
import type { Route } from '../ir/route.ts';
import type { DatagramForward, StreamForward } from '../ir/stream.ts';
import type { UpstreamProtocol } from '../ir/cluster.ts';

/** Decides between equal matches: the oldest object first, then by name (HTTPRouteRule.matches). */
export interface Precedence {
  /** metadata.creationTimestamp, or the empty string: an object of a file has none and all are of one age. */
  readonly createdAt: string;
  /** `namespace/name`. */
  readonly object: string;
}

/** What one object offers at hostnames of one section of a Gateway. */
interface Offer {
  readonly gateway: GatewayName;
  readonly section: SectionName;
  /** After the intersection with the section's hostname; never empty; lower case, `*` for every host. */
  readonly hostnames: readonly string[];
  readonly origin: Origin;
  readonly precedence: Precedence;
}

/** `routes` are in the order of the object. */
export interface HttpAttachment extends Offer {
  readonly kind: 'Http';
  /** Ranks behind every route that is not a fallback, whatever its match (an Ingress's default backend). */
  readonly fallback?: true;
  readonly routes: readonly Route[];
}

/**
 * Of all that is offered at a hostname of TLS, or at a port of TCP or UDP, one alone is served. `requested` are the
 * hostnames as the route has them, lower case.
 */
export type StreamAttachment = Offer & { readonly requested: readonly string[] } & (
    | { readonly kind: 'Stream'; readonly forward: StreamForward }
    | { readonly kind: 'Datagram'; readonly forward: DatagramForward }
  );

export type Attachment = HttpAttachment | StreamAttachment;

/** A Service port among others of one cluster. */
interface WeightedBackend {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly weight: number;
}

/** A cluster that routes name. Equal names mean equal requests. */
export type ClusterRequest =
  | {
      readonly kind: 'ServicePort';
      readonly name: ClusterName;
      readonly namespace: string;
      readonly service: string;
      readonly port: number;
      /** HTTP/2 is spoken, whatever the port says of itself (a backend of a GRPCRoute). */
      readonly impliedHttp2?: true;
    }
  | {
      /** A Service port for bytes that nobody here reads; TLS that a client speaks (`Tls`) is not wrapped once more. */
      readonly kind: 'StreamPort';
      readonly name: ClusterName;
      readonly namespace: string;
      readonly service: string;
      readonly port: number;
      readonly application: 'Tcp' | 'Tls';
    }
  | {
      /** The weighted backends of one rule in one cluster, a locality each, so that sessions hold over all of them. */
      readonly kind: 'Rule';
      readonly name: ClusterName;
      readonly protocol: UpstreamProtocol;
      readonly backends: readonly WeightedBackend[];
    }
  | {
      /** As `Rule` for datagrams; the share of backendRefs that can't be used is thrown away. */
      readonly kind: 'Datagrams';
      readonly name: ClusterName;
      readonly backends: readonly WeightedBackend[];
      readonly invalidWeight: number;
    };
