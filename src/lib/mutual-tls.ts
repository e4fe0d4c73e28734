import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** What one end of a connection shows, and whom it lets in; all PEM. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly key: string;
  /** One or several certificates. */
  readonly authorities: string;
}

/** The context of a server of mutual TLS. */
export function serverContext({ certificate, key, authorities }: TlsIdentity): SecureContextOptions {
  return {
    cert: [certificate],
    key: [key],
    ca: authorities,
    minVersion: 'TLSv1.3',
    // A session that is resumed would pass by an authority that is trusted no more.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
