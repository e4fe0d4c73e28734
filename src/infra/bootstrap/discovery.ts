import { http2WithKeepalive } from './http2.ts';
import { typed } from './typed.ts';

/** Who answers a proxy's questions, and how both know each other. */
export type DiscoveryServer =
  /** A Unix socket: who can open it is the Gateway. The path holds at most 107 bytes. */
  | { readonly kind: 'Socket'; readonly path: string }
  /** A host reached by mutual TLS; the client certificate names the Gateway. */
  | {
      readonly kind: 'Tls';
      /** A DNS name, which the server's certificate must carry. */
      readonly host: string;
      readonly port: number;
      /** Folder of the files that Envoy reads its certificate and the authorities from, and of nothing else. */
      readonly configFolder: string;
    };

export const identitySecret = 'xds-identity';
export const authoritySecret = 'xds-authority';

function fileSecret(folder: string, name: string): object {
  const source = { path_config_source: { path: `${folder}/${name}.json`, watched_directory: { path: folder } } };
  return { name, sds_config: { ...source, resource_api_version: 'V3' } };
}

function tlsSocket(host: string, folder: string): object {
  return typed('envoy.transport_sockets.tls', 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
    sni: host,
    // A session that is resumed would pass by the certificates that were exchanged since.
    max_session_keys: 0,
    common_tls_context: {
      alpn_protocols: ['h2'],
      tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
      tls_certificate_sds_secret_configs: [fileSecret(folder, identitySecret)],
      validation_context_sds_secret_config: fileSecret(folder, authoritySecret),
    },
  });
}

function endpoint(server: DiscoveryServer): object {
  if (server.kind === 'Socket') return { pipe: { path: server.path } };
  return { socket_address: { address: server.host, port_value: server.port } };
}

function transport(server: DiscoveryServer): object {
  if (server.kind === 'Socket') return { type: 'STATIC' };
  // Every replica is an endpoint; what was resolved is kept while the name does not resolve.
  return {
    type: 'STRICT_DNS',
    dns_lookup_family: 'ALL',
    transport_socket: tlsSocket(server.host, server.configFolder),
  };
}

/** The one cluster that a proxy knows before it has asked for any. */
export function discoveryCluster(server: DiscoveryServer): object {
  return {
    name: 'xds',
    connect_timeout: '1s',
    ...transport(server),
    typed_extension_protocol_options: http2WithKeepalive,
    load_assignment: {
      cluster_name: 'xds',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: endpoint(server) } }] }],
    },
  };
}

/** Where the certificate files lie for Envoy, which reads them again when they are replaced. */
export interface CertificateFiles {
  readonly folder: string;
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
  /** The DNS name that the discovery server's certificate must carry. */
  readonly serverName: string;
}

/** The content of the two files of `configFolder`, by file name. */
export function discoverySecrets(files: CertificateFiles): ReadonlyMap<string, object> {
  const file = (name: string) => ({ filename: `${files.folder}/${name}` });
  const watched = { watched_directory: { path: files.folder } };
  const resource = (name: string, secret: object) => ({
    resources: [{ '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret', name, ...secret }],
  });
  const identity = { certificate_chain: file(files.certificate), private_key: file(files.key), ...watched };
  const authority = {
    trusted_ca: file(files.authorities),
    ...watched,
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: files.serverName } }],
  };
  return new Map([
    [`${identitySecret}.json`, resource(identitySecret, { tls_certificate: identity })],
    [`${authoritySecret}.json`, resource(authoritySecret, { validation_context: authority })],
  ]);
}
