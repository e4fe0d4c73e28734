/** One address of a Gateway, as in its status. */
export interface GatewayAddress {
  readonly type?: string;
  readonly value: string;
}

/** An Ingress has no conditions: its status is where it can be reached, which is where its Gateway can be. */
export interface IngressStatus {
  readonly loadBalancer: { readonly ingress?: readonly ({ readonly ip: string } | { readonly hostname: string })[] };
}

/** The status of an Ingress that a Gateway with these addresses serves; none: not served, or not yet reachable. */
export function ingressStatus(addresses: readonly GatewayAddress[]): IngressStatus {
  if (addresses.length === 0) return { loadBalancer: {} };
  return {
    loadBalancer: {
      ingress: addresses.map(({ type, value }) => (type === 'Hostname' ? { hostname: value } : { ip: value })),
    },
  };
}
