import { describe, expect, it } from 'vitest';
import { cluster, endpoints, gateway, table, virtualHost } from '../../test/fixture/ir.ts';
import type { GatewayIr } from '../ir/ir.ts';
import { filterChainName, listenerName, originOf, routeTableName, secretName, sectionName } from '../ir/name.ts';
import { createMemo } from '../lib/memo.ts';
import { Sensitive } from '../lib/sensitive.ts';
import { buildResources } from './build-resources.ts';
import { dumpResource, dumpResources } from './dump.ts';
import { buildEndpointSet } from './endpoint/endpoint-set.ts';
import { debianOptions } from './options.ts';

const certificate = secretName('Secret', 'default', 'cert');
const authority = secretName('ConfigMap', 'default', 'ca');
const key = '-----BEGIN PRIVATE KEY-----\nvery secret\n-----END PRIVATE KEY-----\n';
const bind = { address: '127.0.0.1', port: 10_443 };

const ir: GatewayIr = gateway({
  listeners: [
    {
      kind: 'Http',
      name: listenerName('http', '127.0.0.1', 80),
      bind: { ...bind, port: 10_080 },
      port: 80,
      routeTable: routeTableName('http', 80),
      origins: [],
    },
    {
      kind: 'Tls',
      name: listenerName('tls', '127.0.0.1', 443),
      bind,
      port: 443,
      origins: [],
      chains: [
        {
          kind: 'Terminate',
          name: filterChainName('gw/a'),
          section: sectionName('gw/a'),
          serverName: '*.a.test',
          certificates: [certificate],
          clientValidation: { caSecret: authority, mode: 'AllowInsecureFallback' },
          routeTable: routeTableName('https', 443),
        },
      ],
    },
  ],
  routeTables: [table([virtualHost('a.test', [])])],
  clusters: [
    cluster('a', {
      protocol: 'Http2',
      tls: {
        sni: 'a.test',
        subjectAltNames: [{ kind: 'DNS', value: 'a.test' }],
        ca: { kind: 'System' },
        clientCertificate: certificate,
      },
    }),
    cluster('weighed', { weightedLocalities: true }),
  ],
  endpoints: [
    endpoints('a', 8080),
    {
      cluster: cluster('weighed').name,
      localities: [
        { name: 'x', weight: 3, endpoints: [] },
        { name: 'y', weight: 0, endpoints: [] },
      ],
    },
  ],
  secrets: [
    {
      kind: 'Certificate',
      name: certificate,
      origin: originOf('Secret/default/cert'),
      chain: 'CHAIN',
      key: new Sensitive(key),
    },
    { kind: 'CaBundle', name: authority, origin: originOf('ConfigMap/default/ca'), bundle: 'BUNDLE' },
  ],
});

const resources = buildResources(createMemo(), debianOptions, ir);
const dump = dumpResources(resources);
const one = (type: string, name: string) => dump[type]?.[name];

describe('dumpResources', () => {
  it('shows no private key', () => {
    expect(JSON.stringify(dump)).not.toContain('very secret');
    expect(one('envoy.extensions.transport_sockets.tls.v3.Secret', 'Secret/default/cert')).toEqual({
      name: 'Secret/default/cert',
      tls_certificate: {
        certificate_chain: { inline_string: 'CHAIN' },
        private_key: { inline_string: '[redacted]' },
      },
    });
  });

  it('leaves the resource itself as it is', () => {
    const secret = [...resources.values()]
      .flatMap((byName) => [...byName.values()])
      .find(({ name }) => name === 'Secret/default/cert');
    expect(secret?.body.toString()).toContain('very secret');
  });

  it('sorts types and names', () => {
    const types = Object.keys(dump);
    expect(types).toEqual(types.toSorted());
    for (const byName of Object.values(dump)) expect(Object.keys(byName)).toEqual(Object.keys(byName).toSorted());
  });
});

describe('the resources of a Gateway', () => {
  it("take endpoints over the one stream under the cluster's own name", () => {
    expect(one('envoy.config.cluster.v3.Cluster', 'default/a:80')).toMatchObject({
      type: 'EDS',
      eds_cluster_config: {
        service_name: 'default/a:80',
        eds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '5s' },
      },
      connect_timeout: '5s',
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
      transport_socket: {
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
          sni: 'a.test',
          common_tls_context: {
            alpn_protocols: ['h2'],
            tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
            tls_certificate_sds_secret_configs: [{ name: 'Secret/default/cert', sds_config: { ads: {} } }],
            validation_context: {
              trusted_ca: { filename: '/etc/ssl/certs/ca-certificates.crt' },
              match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'a.test' } }],
            },
          },
        },
      },
    });
  });

  it('weigh localities only where they carry weights, and never with 0', () => {
    expect(one('envoy.config.cluster.v3.Cluster', 'default/weighed:80')).toMatchObject({
      common_lb_config: { locality_weighted_lb_config: {} },
    });
    expect(one('envoy.config.endpoint.v3.ClusterLoadAssignment', 'default/weighed:80')).toEqual({
      cluster_name: 'default/weighed:80',
      endpoints: [{ locality: { zone: 'x' }, load_balancing_weight: 3 }, { locality: { zone: 'y' } }],
    });
    expect(one('envoy.config.endpoint.v3.ClusterLoadAssignment', 'default/a:80')).toEqual({
      cluster_name: 'default/a:80',
      endpoints: [
        {
          locality: {},
          lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 8080 } } } }],
        },
      ],
    });
  });

  it('join localities of one name, whose addresses Envoy would count once', () => {
    const twice = ['x', 'y', 'x'].map((name, i) => ({ name, weight: i + 1, endpoints: [] }));
    const built = buildEndpointSet({ cluster: cluster('a').name, localities: twice });
    expect(dumpResource(built)).toMatchObject({
      endpoints: [
        { locality: { zone: 'x' }, load_balancing_weight: 4 },
        { locality: { zone: 'y' }, load_balancing_weight: 2 },
      ],
    });
  });

  it('end TLS by SNI, with certificates over the stream, and wait for routes without a limit', () => {
    expect(one('envoy.config.listener.v3.Listener', 'tls/127.0.0.1:443')).toMatchObject({
      address: { socket_address: { address: '127.0.0.1', port_value: 10_443 } },
      listener_filters: [{ name: 'envoy.filters.listener.tls_inspector' }],
      filter_chains: [
        {
          filter_chain_match: { server_names: ['*.a.test'] },
          filters: [
            { name: 'envoy.filters.network.set_filter_state' },
            {
              name: 'envoy.filters.network.http_connection_manager',
              typed_config: {
                rds: { route_config_name: 'https/443', config_source: { ads: {}, initial_fetch_timeout: '0s' } },
              },
            },
          ],
          transport_socket: {
            typed_config: {
              common_tls_context: {
                alpn_protocols: ['h2', 'http/1.1'],
                tls_certificate_sds_secret_configs: [{ name: 'Secret/default/cert' }],
                combined_validation_context: {
                  default_validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED' },
                  validation_context_sds_secret_config: { name: 'ConfigMap/default/ca' },
                },
              },
            },
          },
        },
      ],
    });
  });

  it('switch every HTTP filter off but the router', () => {
    expect(one('envoy.config.listener.v3.Listener', 'http/127.0.0.1:80')).toMatchObject({
      filter_chains: [
        {
          filters: [
            {
              typed_config: {
                use_remote_address: true,
                normalize_path: true,
                merge_slashes: true,
                path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
                http_filters: [
                  { name: 'envoy.filters.http.header_to_metadata', disabled: true },
                  { name: 'envoy.filters.http.cors', disabled: true },
                  { name: 'sallyport.external_auth', disabled: true },
                  { name: 'envoy.filters.http.lua', disabled: true },
                  { name: 'envoy.filters.http.stateful_session', disabled: true },
                  { name: 'envoy.filters.http.router', typed_config: { suppress_envoy_headers: true } },
                ],
              },
            },
          ],
        },
      ],
    });
  });
});
