import { RBAC_Action } from '../../gen/envoy/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '../../gen/envoy/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import { UpstreamCodecSchema } from '../../gen/envoy/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.js';
import type { HttpFilterSchema } from '../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { UpstreamIpPortMatcherSchema } from '../../gen/envoy/envoy/extensions/rbac/matchers/upstream_ip_port/v3/upstream_ip_port_matcher_pb.js';
import { cidr } from './cidr.ts';
import { packAny, type Init } from './proto.ts';

type HttpFilterInit = Init<typeof HttpFilterSchema>;

/**
 * Looks at the address that a request is about to go to, and notes a refusal in the access log. It sees one address:
 * where a connection may try several, another guard has to stand before it.
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

/** The filters between a request and a cluster none of whose requests may go to these ranges. */
export function guardedFilters(refusedRanges: readonly string[]): HttpFilterInit[] {
  return refusedRanges.length === 0 ? [upstreamCodec] : [addressGuard(refusedRanges), upstreamCodec];
}
