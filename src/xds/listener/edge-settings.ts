/** One limit or rule for clients that nobody trusts. */
export interface EdgeSetting<T> {
  readonly value: T;
  /** As Envoy spells it. */
  readonly field: string;
  readonly why: string;
}

function setting<const T>(field: string, value: T, why: string): EdgeSetting<T> {
  return { field, value, why };
}

/** What every listener at the edge is set to; `docs` prints this table. Times in milliseconds, sizes in bytes. */
export const edgeSettings = {
  useRemoteAddress: setting(
    'use_remote_address',
    true,
    'The client is who connects. X-Forwarded-For and x-envoy-* headers that a client sends are not believed.',
  ),
  xffNumTrustedHops: setting('xff_num_trusted_hops', 0, 'No proxy in front is trusted unless somebody says so.'),
  internalAddresses: setting(
    'internal_address_config',
    undefined,
    'Left unset, which means that nobody is internal: timeouts and retries by x-envoy-* headers can be set by nobody. ' +
      'An empty one would mean every private address.',
  ),
  normalizePath: setting(
    'normalize_path',
    true,
    'Dots in a path are resolved before routes are matched, so that `/public/../admin` meets the routes of `/admin`.',
  ),
  mergeSlashes: setting(
    'merge_slashes',
    true,
    '`//admin` meets the routes of `/admin`, as most backends see it that way.',
  ),
  pathWithEscapedSlashes: setting(
    'path_with_escaped_slashes_action',
    'UNESCAPE_AND_REDIRECT',
    '`%2F` and `%5C` hide path elements from matching; the client is sent to the path that they stand for.',
  ),
  headersWithUnderscores: setting(
    'headers_with_underscores_action',
    'REJECT_REQUEST',
    'Backends that turn `-` into `_` mistake `x_user` for `x-user`, so it could stand in for a header that is guarded.',
  ),
  stripTrailingHostDot: setting(
    'strip_trailing_host_dot',
    true,
    '`example.com.` is `example.com` and meets the same virtual host.',
  ),
  perConnectionBufferLimit: setting(
    'per_connection_buffer_limit_bytes',
    32_768,
    'A slow reader or writer holds back its peer instead of filling memory.',
  ),
  maxRequestHeadersKb: setting('max_request_headers_kb', 60, 'Bounds the memory of one request; answered 431 above.'),
  maxHeadersCount: setting('max_headers_count', 100, 'Many small headers cost more than their size.'),
  http2MaxConcurrentStreams: setting(
    'http2.max_concurrent_streams',
    100,
    'One connection can ask for no more than this at a time.',
  ),
  http2InitialStreamWindow: setting(
    'http2.initial_stream_window_size',
    65_536,
    'Bounds what one stream can have buffered.',
  ),
  http2InitialConnectionWindow: setting(
    'http2.initial_connection_window_size',
    1_048_576,
    'Bounds what one connection can have buffered.',
  ),
  requestHeadersTimeoutMs: setting(
    'request_headers_timeout',
    10_000,
    'A client that sends its headers byte by byte is cut off with 408.',
  ),
  idleTimeoutMs: setting(
    'common_http_protocol_options.idle_timeout',
    900_000,
    'Connections without a request are closed, longer than load balancers in front keep theirs.',
  ),
  streamIdleTimeoutMs: setting(
    'stream_idle_timeout',
    300_000,
    'A request or answer that does not move is given up. There is no limit on the whole of a request: streams and ' +
      'uploads may take as long as they move.',
  ),
  tlsHandshakeTimeoutMs: setting(
    'transport_socket_connect_timeout',
    10_000,
    'A client that opens connections and never finishes its handshake is dropped.',
  ),
  listenerFiltersTimeoutMs: setting(
    'listener_filters_timeout',
    5_000,
    'A client that connects and sends no ClientHello is dropped.',
  ),
} as const;
