import { Cluster_LbPolicy, ClusterSchema } from '../../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterConfigSchema } from '../../../gen/envoy/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js';
import {
  UpstreamTlsContextSchema,
  type CommonTlsContextSchema,
} from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { HttpProtocolOptionsSchema } from '../../../gen/envoy/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterType, secretType } from '../../ads/type-url.ts';
import type { DnsResolver, EgressUpstream } from '../../ir/egress.ts';
import type { Origin } from '../../ir/name.ts';
import { guardedFilters } from '../address-guard.ts';
import { sdsSecret } from '../config-source.ts';
import { encodedResource } from '../encoded.ts';
import type { XdsOptions } from '../options.ts';
import { duration, encode, packAny, sortedMap, type OneOf } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { tlsParameters } from '../tls-parameters.ts';
import { dnsCache } from './dns-cache.ts';

type EgressTls = NonNullable<EgressUpstream['tls']>;

function protocolOptions({ refusedRanges, tls }: EgressUpstream) {
  return packAny(HttpProtocolOptionsSchema, {
    // Where TLS is spoken, the server name and the name that the certificate must have are those of the host called.
    upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true },
    upstreamProtocolOptions:
      tls === undefined
        ? { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } } }
        : { case: 'autoConfig', value: {} },
    // Behind the guard of the DNS cache, which sees every address.
    httpFilters: guardedFilters(refusedRanges),
  });
}

function validation(
  tls: EgressTls,
  options: XdsOptions,
): OneOf<typeof CommonTlsContextSchema, 'validationContextType'> {
  if (tls.ca.kind === 'Bundle') return { case: 'validationContextSdsSecretConfig', value: sdsSecret(tls.ca.secret) };
  return {
    case: 'validationContext',
    value: { trustedCa: { specifier: { case: 'filename', value: options.systemCaFile } } },
  };
}

function tlsSocket(tls: EgressTls, options: XdsOptions) {
  const context = packAny(UpstreamTlsContextSchema, {
    commonTlsContext: {
      tlsParams: tlsParameters,
      alpnProtocols: ['h2', 'http/1.1'],
      validationContextType: validation(tls, options),
      tlsCertificateSdsSecretConfigs: tls.clientCertificate === undefined ? [] : [sdsSecret(tls.clientCertificate)],
    },
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } } as const;
}

function requirements({ tls }: EgressUpstream): readonly Requirement[] {
  if (tls === undefined) return [];
  const secrets = tls.ca.kind === 'Bundle' ? [tls.ca.secret] : [];
  if (tls.clientCertificate !== undefined) secrets.push(tls.clientCertificate);
  return secrets.map((name) => ({ typeUrl: secretType, name }));
}

/** The cluster that an upstream leaves by: it connects to whatever host a request names, within its guard. */
export function buildUpstream(
  upstream: EgressUpstream,
  resolver: DnsResolver | undefined,
  origins: readonly Origin[],
  options: XdsOptions,
): XdsResource {
  const forwardProxy = packAny(ClusterConfigSchema, {
    clusterImplementationSpecifier: { case: 'dnsCacheConfig', value: dnsCache(upstream, resolver) },
  });
  const bytes = encode(ClusterSchema, {
    name: upstream.name,
    clusterDiscoveryType: {
      case: 'clusterType',
      value: { name: 'envoy.clusters.dynamic_forward_proxy', typedConfig: forwardProxy },
    },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    connectTimeout: duration(upstream.connectTimeoutMs),
    typedExtensionProtocolOptions: sortedMap([
      ['envoy.extensions.upstreams.http.v3.HttpProtocolOptions', protocolOptions(upstream)],
    ]),
    ...(upstream.tls === undefined ? {} : { transportSocket: tlsSocket(upstream.tls, options) }),
  });
  return encodedResource(clusterType, upstream.name, bytes, origins, requirements(upstream));
}
