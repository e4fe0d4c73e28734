import { Cluster_DnsLookupFamily } from '../../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import type { DnsCacheConfigSchema } from '../../../gen/envoy/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.js';
import { CaresDnsResolverConfigSchema } from '../../../gen/envoy/envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver_pb.js';
import type { DnsResolver, EgressUpstream } from '../../ir/egress.ts';
import { contentHash } from '../../lib/hash.ts';
import { packAny, type Init } from '../proto.ts';
import { cidr } from '../cidr.ts';

type DnsCacheInit = Init<typeof DnsCacheConfigSchema>;

/** A caller that asks for ever new names under a wildcard fills no memory: new names are refused above this many. */
const maxHosts = 10_000;

function resolverConfig(resolver: DnsResolver | undefined): DnsCacheInit {
  if (resolver === undefined) return {};
  const cares = packAny(CaresDnsResolverConfigSchema, {
    resolvers: [
      {
        address: {
          case: 'socketAddress',
          value: { address: resolver.address, portSpecifier: { case: 'portValue', value: resolver.port } },
        },
      },
    ],
    dnsResolverOptions: { noDefaultSearchDomain: true },
  });
  return { typedDnsResolverConfig: { name: 'envoy.network.dns_resolver.cares', typedConfig: cares } };
}

/**
 * The names that upstreams with one guard have asked for. Addresses in the guarded ranges are taken out of every
 * answer, and of every address that is called as such, before anything is connected to. All who use a cache must give
 * the same settings for its name.
 */
export function dnsCache(upstream: EgressUpstream, resolver: DnsResolver | undefined): DnsCacheInit {
  const content = JSON.stringify([upstream.refusedRanges, resolver ?? null]);
  return {
    name: `egress/${contentHash(content)}`,
    dnsLookupFamily: Cluster_DnsLookupFamily.ALL,
    maxHosts,
    ...resolverConfig(resolver),
    ...(upstream.refusedRanges.length === 0
      ? {}
      : { resolvedAddressFilter: { ranges: upstream.refusedRanges.map(cidr) } }),
  };
}

/** Name of the HTTP filter that resolves through a cache. */
export function dnsFilterName(cache: DnsCacheInit): string {
  return `envoy.filters.http.dynamic_forward_proxy/${cache.name}`;
}
