import { Cluster_LbPolicy, ClusterSchema } from '../../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import { RBAC_Action } from '../../../gen/envoy/envoy/config/rbac/v3/rbac_pb.js';
import { ClusterConfigSchema } from '../../../gen/envoy/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js';
import { RBACSchema } from '../../../gen/envoy/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import { UpstreamCodecSchema } from '../../../gen/envoy/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.js';
import type { HttpFilterSchema } from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { UpstreamIpPortMatcherSchema } from '../../../gen/envoy/envoy/extensions/rbac/matchers/upstream_ip_port/v3/upstream_ip_port_matcher_pb.js';
import {
  UpstreamTlsContextSchema,
  type CommonTlsContextSchema,
} from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { HttpProtocolOptionsSchema } from '../../../gen/envoy/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterType, secretType } from '../../ads/type-url.ts';
import type { DnsResolver, EgressUpstream } from '../../ir/egress.ts';
import type { Origin } from '../../ir/name.ts';
import { sdsSecret } from '../config-source.ts';
import { encodedResource } from '../encoded.ts';
import type { XdsOptions } from '../options.ts';
import { duration, encode, packAny, sortedMap, type Init, type OneOf } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { tlsParameters } from '../tls-parameters.ts';
import { cidr } from './cidr.ts';
import { dnsCache } from './dns-cache.ts';

type HttpFilterInit = Init<typeof HttpFilterSchema>;
type EgressTls = NonNullable<EgressUpstream['tls']>;

/**
 * The second layer of the guard, behind the DNS cache's: it looks at the address that a request is about to go to, and
 * notes a refusal in the access log. Alone it would not do, as it sees only the first of several addresses.
 */
function addressGuard(ranges: readonly string[]): HttpFilterInit {
  const permissions = ranges.map((range) => ({
    rule: {
      case: 'matcher',
      value: {
        name: 'envoy.rbac.matchers.upstream_ip_port',
        typedConfig: packAny(UpstreamIpPortMatcherSchema, { upstreamIp: cidr(range) }),
      },
    } as const,
  }));
  const any = { identifier: { case: 'any', value: true } } as const;
  const rules = { action: RBAC_Action.DENY, policies: { 'guarded-address': { permissions, principals: [any] } } };
  return {
    name: 'envoy.filters.http.upstream_rbac',
    configType: { case: 'typedConfig', value: packAny(RBACSchema, { rules }) },
  };
}

const upstreamCodec: HttpFilterInit = {
  name: 'envoy.filters.http.upstream_codec',
  configType: { case: 'typedConfig', value: packAny(UpstreamCodecSchema, {}) },
};

function protocolOptions({ refusedRanges, tls }: EgressUpstream) {
  return packAny(HttpProtocolOptionsSchema, {
    // Where TLS is spoken, the server name and the name that the certificate must have are those of the host called.
    upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true },
    upstreamProtocolOptions:
      tls === undefined
        ? { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } } }
        : { case: 'autoConfig', value: {} },
    httpFilters: refusedRanges.length === 0 ? [upstreamCodec] : [addressGuard(refusedRanges), upstreamCodec],
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
