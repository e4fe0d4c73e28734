import { type GatewayName, gatewayName } from '../../ir/name.ts';
import { parseIdentity } from './identity.ts';

/** What a call proves of its caller, as gRPC shows it. */
export interface AuthenticatedCall {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly subjectaltname?: string | undefined } };
}

/**
 * Names the Gateway that a proxy belongs to by its certificate alone, which the transport has verified. Undefined where
 * that Gateway is gone or is another one of the same name.
 */
export function identifyProxy(
  call: AuthenticatedCall,
  uidOf: (gateway: GatewayName) => string | undefined,
): GatewayName | undefined {
  const identity = parseIdentity(call.getAuthContext().sslPeerCertificate?.subjectaltname);
  if (identity === undefined) return undefined;
  const name = gatewayName(identity.namespace, identity.name);
  return uidOf(name) === identity.uid ? name : undefined;
}
