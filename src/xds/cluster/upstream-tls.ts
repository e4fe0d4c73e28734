import {
  SubjectAltNameMatcher_SanType,
  type CertificateValidationContextSchema,
} from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import {
  UpstreamTlsContextSchema,
  type CommonTlsContextSchema,
} from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import type { UpstreamProtocol, UpstreamTls } from '../../ir/cluster.ts';
import { unreachable } from '../../lib/never.ts';
import { sdsSecret } from '../config-source.ts';
import type { XdsOptions } from '../options.ts';
import { packAny, type Init, type OneOf } from '../proto.ts';
import { tlsParameters } from '../tls-parameters.ts';

type ValidationType = OneOf<typeof CommonTlsContextSchema, 'validationContextType'>;

const sanTypes = { DNS: SubjectAltNameMatcher_SanType.DNS, URI: SubjectAltNameMatcher_SanType.URI } as const;

function validation(tls: UpstreamTls, options: XdsOptions): ValidationType {
  const names: Init<typeof CertificateValidationContextSchema> = {
    matchTypedSubjectAltNames: tls.subjectAltNames.map(({ kind, value }) => ({
      sanType: sanTypes[kind],
      matcher: { matchPattern: { case: 'exact', value } },
    })),
  };
  switch (tls.ca.kind) {
    case 'Bundle':
      return {
        case: 'combinedValidationContext',
        value: { defaultValidationContext: names, validationContextSdsSecretConfig: sdsSecret(tls.ca.secret) },
      };
    case 'System':
      return {
        case: 'validationContext',
        value: { ...names, trustedCa: { specifier: { case: 'filename', value: options.systemCaFile } } },
      };
    default:
      return unreachable(tls.ca);
  }
}

/** What is offered to a backend; nothing where only the client knows what it speaks. */
const applicationProtocols: { readonly [K in UpstreamProtocol]: readonly string[] } = {
  Http1: ['http/1.1'],
  Http2: ['h2'],
  Tcp: [],
  Udp: [],
};

/** TLS towards the backend, its certificate checked against both the authorities and the names (BackendTLSPolicy). */
export function upstreamTlsSocket(tls: UpstreamTls, protocol: UpstreamProtocol, options: XdsOptions) {
  const context = packAny(UpstreamTlsContextSchema, {
    sni: tls.sni,
    commonTlsContext: {
      tlsParams: tlsParameters,
      alpnProtocols: [...applicationProtocols[protocol]],
      validationContextType: validation(tls, options),
      tlsCertificateSdsSecretConfigs: tls.clientCertificate === undefined ? [] : [sdsSecret(tls.clientCertificate)],
    },
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } } as const;
}
