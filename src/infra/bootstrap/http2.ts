/** HTTP/2 towards an upstream. A peer that is gone without a word is noticed in 13 s. */
export const http2WithKeepalive = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: '10s', timeout: '3s' } } },
  },
};
