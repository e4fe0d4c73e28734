import type { CircuitBreakersSchema } from '../../../gen/envoy/envoy/config/cluster/v3/circuit_breaker_pb.js';
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import {
  HttpProtocolOptionsSchema,
  type HttpProtocolOptions_ExplicitHttpConfigSchema,
} from '../../../gen/envoy/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterLoadAssignmentType, clusterType, secretType } from '../../ads/type-url.ts';
import type { Cluster, RetryBudget } from '../../ir/cluster.ts';
import { unreachable } from '../../lib/never.ts';
import { guardedFilters } from '../address-guard.ts';
import { adsSource, dependencyFetchTimeoutMs } from '../config-source.ts';
import { encodedResource } from '../encoded.ts';
import type { XdsOptions } from '../options.ts';
import { duration, encode, packAny, type Init, type OneOf } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { upstreamTlsSocket } from './upstream-tls.ts';

const connectTimeoutMs = 5_000;
/** Finds a peer that is gone without a word within a minute, before a request meets the dead connection. */
const tcpKeepalive = { keepaliveTime: 30, keepaliveInterval: 10, keepaliveProbes: 3 } as const;

/**
 * Envoy's own limits (1,024 connections, 3 retries at a time) turn requests away under loads that are normal for a
 * gateway. The whole proxy is bounded by its overload manager; what is here only keeps retries from piling up.
 */
const limits = { maxConnections: 1_000_000, maxPendingRequests: 1_000_000, maxRequests: 1_000_000, maxRetries: 1_000 };

function circuitBreakers(budget: RetryBudget | undefined): Init<typeof CircuitBreakersSchema> {
  if (budget === undefined) return { thresholds: [limits] };
  const retryBudget = {
    budgetPercent: { value: budget.percent },
    budgetInterval: duration(budget.intervalMs),
    minRetryConcurrency: budget.minConcurrent,
  };
  return { thresholds: [{ ...limits, retryBudget }] };
}

function explicitProtocol(
  protocol: 'Http1' | 'Http2',
): OneOf<typeof HttpProtocolOptions_ExplicitHttpConfigSchema, 'protocolConfig'> {
  switch (protocol) {
    case 'Http1':
      return { case: 'httpProtocolOptions', value: {} };
    case 'Http2':
      // Extended CONNECT carries a client's WebSocket on to an HTTP/2 backend.
      return { case: 'http2ProtocolOptions', value: { allowConnect: true } };
    default:
      return unreachable(protocol);
  }
}

function httpOptions(protocol: 'Http1' | 'Http2', refusedRanges: readonly string[]): Init<typeof ClusterSchema> {
  const options = packAny(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: { case: 'explicitHttpConfig', value: { protocolConfig: explicitProtocol(protocol) } },
    ...(refusedRanges.length === 0 ? {} : { httpFilters: guardedFilters(refusedRanges) }),
  });
  return {
    upstreamConnectionOptions: { tcpKeepalive },
    typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options },
  };
}

function protocolOptions({ protocol, dns }: Cluster): Init<typeof ClusterSchema> {
  switch (protocol) {
    case 'Http1':
    case 'Http2':
      return httpOptions(protocol, dns?.refusedRanges ?? []);
    case 'Tcp':
      return { upstreamConnectionOptions: { tcpKeepalive } };
    case 'Udp':
      return {};
    default:
      return unreachable(protocol);
  }
}

/** Where the addresses come from: over the one stream, or from the DNS, each one of them an endpoint. */
function discovery({ name, dns }: Cluster): Init<typeof ClusterSchema> {
  if (dns === undefined) {
    return {
      clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: adsSource(dependencyFetchTimeoutMs), serviceName: name },
    };
  }
  const address = { address: dns.hostname, portSpecifier: { case: 'portValue', value: dns.port } } as const;
  const endpoint = { address: { address: { case: 'socketAddress', value: address } } } as const;
  return {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STRICT_DNS },
    dnsLookupFamily: Cluster_DnsLookupFamily.ALL,
    respectDnsTtl: true,
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: endpoint } }] }],
    },
  };
}

function requirements(cluster: Cluster): readonly Requirement[] {
  const endpoints = { typeUrl: clusterLoadAssignmentType, name: cluster.name };
  const requires: Requirement[] = cluster.dns === undefined ? [endpoints] : [];
  if (cluster.tls?.ca.kind === 'Bundle') requires.push({ typeUrl: secretType, name: cluster.tls.ca.secret });
  if (cluster.tls?.clientCertificate !== undefined) {
    requires.push({ typeUrl: secretType, name: cluster.tls.clientCertificate });
  }
  return requires;
}

/**
 * A cluster whose endpoints come by EDS under its own name. Round robin, as it spreads even a few requests as asked
 * and keeps the weights of localities exact; least request does neither.
 */
export function buildCluster(cluster: Cluster, options: XdsOptions): XdsResource {
  const bytes = encode(ClusterSchema, {
    name: cluster.name,
    ...discovery(cluster),
    connectTimeout: duration(connectTimeoutMs),
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
    commonLbConfig: cluster.weightedLocalities
      ? { localityConfigSpecifier: { case: 'localityWeightedLbConfig', value: {} } }
      : {},
    circuitBreakers: circuitBreakers(cluster.retryBudget),
    // An endpoint that left is not asked again, whatever a health check last said of it.
    ignoreHealthOnHostRemoval: true,
    ...protocolOptions(cluster),
    ...(cluster.tls === undefined
      ? {}
      : { transportSocket: upstreamTlsSocket(cluster.tls, cluster.protocol, options) }),
  });
  return encodedResource(clusterType, cluster.name, bytes, cluster.origins, requirements(cluster));
}
