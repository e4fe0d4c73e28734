import { TlsParameters_TlsProtocol } from '../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/common_pb.js';

/** TLS 1.2 at least, on both sides; the rest is Envoy's, which leaves weak ciphers out by itself. */
export const tlsParameters = { tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2 } as const;
