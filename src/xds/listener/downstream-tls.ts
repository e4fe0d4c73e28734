import { CertificateValidationContext_TrustChainVerification as TrustChain } from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import {
  DownstreamTlsContextSchema,
  type CommonTlsContextSchema,
} from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import type { ClientValidation, TerminatingChain, TerminatingStreamChain } from '../../ir/listener.ts';
import { unreachable } from '../../lib/never.ts';
import { sdsSecret } from '../config-source.ts';
import { packAny, type OneOf } from '../proto.ts';
import { tlsParameters } from '../tls-parameters.ts';

function validationType(
  validation: ClientValidation | undefined,
): OneOf<typeof CommonTlsContextSchema, 'validationContextType'> {
  if (validation === undefined) return { case: undefined };
  switch (validation.mode) {
    case 'AllowValidOnly':
      return { case: 'validationContextSdsSecretConfig', value: sdsSecret(validation.caSecret) };
    case 'AllowInsecureFallback':
      // Asks for a certificate and goes on without one, or with one that nobody vouches for.
      return {
        case: 'combinedValidationContext',
        value: {
          defaultValidationContext: { trustChainVerification: TrustChain.ACCEPT_UNTRUSTED },
          validationContextSdsSecretConfig: sdsSecret(validation.caSecret),
        },
      };
    default:
      return unreachable(validation.mode);
  }
}

/**
 * TLS that ends here: HTTP/2 where the client can, certificates by SDS. Where what is inside is not ours to read, no
 * protocol is agreed on (ALPN), as nobody here knows what the backend speaks.
 */
export function downstreamTlsSocket(chain: TerminatingChain | TerminatingStreamChain) {
  const context = packAny(DownstreamTlsContextSchema, {
    commonTlsContext: {
      tlsParams: tlsParameters,
      alpnProtocols: chain.kind === 'Terminate' ? ['h2', 'http/1.1'] : [],
      tlsCertificateSdsSecretConfigs: chain.certificates.map(sdsSecret),
      validationContextType: validationType(chain.clientValidation),
    },
    requireClientCertificate: chain.clientValidation?.mode === 'AllowValidOnly',
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } } as const;
}
