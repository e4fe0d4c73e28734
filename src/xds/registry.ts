import { createRegistry, type Registry } from '@bufbuild/protobuf';
import { file_envoy_config_cluster_v3_cluster } from '../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import { file_envoy_config_endpoint_v3_endpoint } from '../../gen/envoy/envoy/config/endpoint/v3/endpoint_pb.js';
import { file_envoy_config_listener_v3_listener } from '../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { file_envoy_config_route_v3_route } from '../../gen/envoy/envoy/config/route/v3/route_pb.js';
import { file_envoy_config_route_v3_route_components } from '../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import { file_envoy_config_core_v3_extension } from '../../gen/envoy/envoy/config/core/v3/extension_pb.js';
import { file_envoy_extensions_transport_sockets_tls_v3_secret } from '../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { file_envoy_extensions_transport_sockets_tls_v3_tls } from '../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { file_envoy_extensions_transport_sockets_internal_upstream_v3_internal_upstream } from '../../gen/envoy/envoy/extensions/transport_sockets/internal_upstream/v3/internal_upstream_pb.js';
import { file_envoy_extensions_transport_sockets_raw_buffer_v3_raw_buffer } from '../../gen/envoy/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js';
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options } from '../../gen/envoy/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import { file_envoy_extensions_access_loggers_stream_v3_stream } from '../../gen/envoy/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from '../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { file_envoy_extensions_filters_network_set_filter_state_v3_set_filter_state } from '../../gen/envoy/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import { file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy } from '../../gen/envoy/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { file_envoy_extensions_filters_udp_udp_proxy_v3_udp_proxy } from '../../gen/envoy/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.js';
import { file_envoy_extensions_filters_network_rbac_v3_rbac } from '../../gen/envoy/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { file_envoy_extensions_filters_network_sni_dynamic_forward_proxy_v3_sni_dynamic_forward_proxy } from '../../gen/envoy/envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy_pb.js';
import { file_envoy_extensions_filters_listener_proxy_protocol_v3_proxy_protocol } from '../../gen/envoy/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js';
import { file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector } from '../../gen/envoy/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import { file_envoy_extensions_common_matching_v3_extension_matcher } from '../../gen/envoy/envoy/extensions/common/matching/v3/extension_matcher_pb.js';
import { file_envoy_extensions_filters_http_composite_v3_composite } from '../../gen/envoy/envoy/extensions/filters/http/composite/v3/composite_pb.js';
import { file_envoy_extensions_filters_http_ext_authz_v3_ext_authz } from '../../gen/envoy/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js';
import { file_envoy_extensions_filters_http_cors_v3_cors } from '../../gen/envoy/envoy/extensions/filters/http/cors/v3/cors_pb.js';
import { file_envoy_extensions_filters_http_header_to_metadata_v3_header_to_metadata } from '../../gen/envoy/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js';
import { file_envoy_extensions_filters_http_lua_v3_lua } from '../../gen/envoy/envoy/extensions/filters/http/lua/v3/lua_pb.js';
import { file_envoy_extensions_filters_http_stateful_session_v3_stateful_session } from '../../gen/envoy/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js';
import { file_envoy_extensions_filters_http_router_v3_router } from '../../gen/envoy/envoy/extensions/filters/http/router/v3/router_pb.js';
import { file_envoy_extensions_filters_http_rbac_v3_rbac } from '../../gen/envoy/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import { file_envoy_extensions_filters_http_dynamic_forward_proxy_v3_dynamic_forward_proxy } from '../../gen/envoy/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.js';
import { file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit } from '../../gen/envoy/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js';
import { file_envoy_extensions_filters_http_set_filter_state_v3_set_filter_state } from '../../gen/envoy/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.js';
import { file_envoy_extensions_filters_http_ip_tagging_v3_ip_tagging } from '../../gen/envoy/envoy/extensions/filters/http/ip_tagging/v3/ip_tagging_pb.js';
import { file_envoy_extensions_filters_http_upstream_codec_v3_upstream_codec } from '../../gen/envoy/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.js';
import { file_envoy_extensions_clusters_dynamic_forward_proxy_v3_cluster } from '../../gen/envoy/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js';
import { file_envoy_extensions_network_dns_resolver_cares_v3_cares_dns_resolver } from '../../gen/envoy/envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver_pb.js';
import { file_envoy_extensions_network_dns_resolver_getaddrinfo_v3_getaddrinfo_dns_resolver } from '../../gen/envoy/envoy/extensions/network/dns_resolver/getaddrinfo/v3/getaddrinfo_dns_resolver_pb.js';
import { file_envoy_extensions_rbac_matchers_upstream_ip_port_v3_upstream_ip_port_matcher } from '../../gen/envoy/envoy/extensions/rbac/matchers/upstream_ip_port/v3/upstream_ip_port_matcher_pb.js';
import { file_envoy_extensions_http_stateful_session_cookie_v3_cookie } from '../../gen/envoy/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.js';
import { file_envoy_extensions_http_stateful_session_header_v3_header } from '../../gen/envoy/envoy/extensions/http/stateful_session/header/v3/header_pb.js';
import { file_envoy_extensions_http_early_header_mutation_header_mutation_v3_header_mutation } from '../../gen/envoy/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js';
import { file_envoy_extensions_retry_host_previous_hosts_v3_previous_hosts } from '../../gen/envoy/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js';

/** All messages that resources are, or hold inside an Any: what turning them into JSON has to know. */
export const envoyRegistry: Registry = createRegistry(
  file_envoy_config_cluster_v3_cluster,
  file_envoy_config_endpoint_v3_endpoint,
  file_envoy_config_listener_v3_listener,
  file_envoy_config_route_v3_route,
  file_envoy_config_route_v3_route_components,
  file_envoy_config_core_v3_extension,
  file_envoy_extensions_transport_sockets_tls_v3_secret,
  file_envoy_extensions_transport_sockets_tls_v3_tls,
  file_envoy_extensions_transport_sockets_internal_upstream_v3_internal_upstream,
  file_envoy_extensions_transport_sockets_raw_buffer_v3_raw_buffer,
  file_envoy_extensions_upstreams_http_v3_http_protocol_options,
  file_envoy_extensions_access_loggers_stream_v3_stream,
  file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
  file_envoy_extensions_filters_network_set_filter_state_v3_set_filter_state,
  file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy,
  file_envoy_extensions_filters_network_rbac_v3_rbac,
  file_envoy_extensions_filters_udp_udp_proxy_v3_udp_proxy,
  file_envoy_extensions_filters_network_sni_dynamic_forward_proxy_v3_sni_dynamic_forward_proxy,
  file_envoy_extensions_filters_listener_proxy_protocol_v3_proxy_protocol,
  file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector,
  file_envoy_extensions_common_matching_v3_extension_matcher,
  file_envoy_extensions_filters_http_composite_v3_composite,
  file_envoy_extensions_filters_http_ext_authz_v3_ext_authz,
  file_envoy_extensions_filters_http_cors_v3_cors,
  file_envoy_extensions_filters_http_header_to_metadata_v3_header_to_metadata,
  file_envoy_extensions_filters_http_lua_v3_lua,
  file_envoy_extensions_filters_http_stateful_session_v3_stateful_session,
  file_envoy_extensions_filters_http_router_v3_router,
  file_envoy_extensions_filters_http_rbac_v3_rbac,
  file_envoy_extensions_filters_http_dynamic_forward_proxy_v3_dynamic_forward_proxy,
  file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit,
  file_envoy_extensions_filters_http_set_filter_state_v3_set_filter_state,
  file_envoy_extensions_filters_http_ip_tagging_v3_ip_tagging,
  file_envoy_extensions_filters_http_upstream_codec_v3_upstream_codec,
  file_envoy_extensions_clusters_dynamic_forward_proxy_v3_cluster,
  file_envoy_extensions_network_dns_resolver_cares_v3_cares_dns_resolver,
  file_envoy_extensions_network_dns_resolver_getaddrinfo_v3_getaddrinfo_dns_resolver,
  file_envoy_extensions_rbac_matchers_upstream_ip_port_v3_upstream_ip_port_matcher,
  file_envoy_extensions_http_stateful_session_cookie_v3_cookie,
  file_envoy_extensions_http_stateful_session_header_v3_header,
  file_envoy_extensions_http_early_header_mutation_header_mutation_v3_header_mutation,
  file_envoy_extensions_retry_host_previous_hosts_v3_previous_hosts,
);
