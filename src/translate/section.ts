import type { ClientValidation } from '../ir/listener.ts';
import type { GatewayName, Origin, SecretName, SectionName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';

/**
 * One place where routes can attach: a listener of a Gateway that serves, or a host that an Ingress brings its own
 * certificate for. Sections of one port share a socket, and those that speak HTTP a route table.
 */
export interface Section {
  readonly name: SectionName;
  readonly port: number;
  /** Lower case, `*.example.com`, or `*` for every host. */
  readonly hostname: string;
  readonly protocol: SectionProtocol;
  /** The objects that made it. */
  readonly origins: readonly Origin[];
}

/** TLS that ends in a section. */
interface EndOfTls {
  /** At least one. */
  readonly certificates: readonly SecretName[];
  readonly clientValidation?: ClientValidation;
}

export type SectionProtocol =
  | { readonly kind: 'Http' }
  | ({ readonly kind: 'Https' } & EndOfTls)
  /** TLS that ends here and has anything inside. */
  | ({ readonly kind: 'TlsTerminate' } & EndOfTls)
  | { readonly kind: 'TlsPassthrough' }
  | { readonly kind: 'Tcp' }
  | { readonly kind: 'Udp' }
  /** TLS that can't be served, as for want of a certificate. Its names are nobody else's: they are refused. */
  | { readonly kind: 'Refused'; readonly why: string };

/** Whether HTTP is read in a section, so that Ingresses can be served there. */
export function speaksHttp({ protocol }: Section): boolean {
  return protocol.kind === 'Http' || protocol.kind === 'Https';
}

/** The sections that one object gives to one Gateway, with the secrets that they name. */
export interface GatewaySections {
  readonly gateway: GatewayName;
  readonly sections: readonly Section[];
  readonly secrets: readonly TlsSecret[];
}

/** Where a section is found in the look-ups. */
export function sectionKey(gateway: GatewayName, port: number, hostname: string): string {
  return `${gateway} ${port} ${hostname}`;
}
