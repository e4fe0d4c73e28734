import type { ClientValidation } from '../ir/listener.ts';
import type { GatewayName, Origin, SecretName, SectionName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';

/**
 * One place where routes can attach: a listener of a Gateway that serves, or a host that an Ingress brings its own
 * certificate for. Sections of one port share a socket and a route table.
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

export type SectionProtocol =
  | { readonly kind: 'Http' }
  | {
      readonly kind: 'Https';
      /** At least one. */
      readonly certificates: readonly SecretName[];
      readonly clientValidation?: ClientValidation;
    };

/** The sections that one object gives to one Gateway, with the secrets that they name. */
export interface GatewaySections {
  readonly gateway: GatewayName;
  readonly sections: readonly Section[];
  readonly secrets: readonly TlsSecret[];
}
