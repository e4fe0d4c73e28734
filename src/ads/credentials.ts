import { ServerCredentials } from '@grpc/grpc-js';
import { serverContext, type TlsIdentity } from '../lib/mutual-tls.ts';

/** Mutual TLS whose certificates can be replaced: connections that are open stay, the next ones see the new ones. */
export class MutualTlsCredentials extends ServerCredentials {
  constructor(identity: TlsIdentity) {
    super({ requestCert: true, rejectUnauthorized: true }, serverContext(identity));
  }

  replace(identity: TlsIdentity): void {
    this.updateSecureContextOptions(serverContext(identity));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
