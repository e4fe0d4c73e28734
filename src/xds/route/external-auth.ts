import { ApiVersion } from '../../../gen/envoy/envoy/config/core/v3/config_source_pb.js';
import { ExtensionWithMatcherPerRouteSchema } from '../../../gen/envoy/envoy/extensions/common/matching/v3/extension_matcher_pb.js';
import { ExecuteFilterActionSchema } from '../../../gen/envoy/envoy/extensions/filters/http/composite/v3/composite_pb.js';
import { ExtAuthzSchema } from '../../../gen/envoy/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js';
import type { ListStringMatcherSchema } from '../../../gen/envoy/envoy/type/matcher/v3/string_pb.js';
import type { ExternalAuth } from '../../ir/filter.ts';
import { everyTextBut } from '../../lib/regex.ts';
import { unreachable } from '../../lib/never.ts';
import { httpFilterNames, type RouteFilter } from '../http-filter.ts';
import { duration, packAny, type Init, type OneOf } from '../proto.ts';
import { exactString, wholeRegex } from './match.ts';

type Matchers = Init<typeof ListStringMatcherSchema>;

/** A server that takes longer is down: the request is denied. */
const timeout = duration(5_000);

/**
 * What never goes from the server's answer to the request: what says where the request goes, what is for one connection
 * (RFC 9110, 7.6.1), and what describes the body of the answer, as the request has a body of its own.
 */
const ownHeaders = ['connection', 'host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
const ownBeginnings = [':', 'content-', 'proxy-'];

function isOwn(name: string): boolean {
  return ownHeaders.includes(name) || ownBeginnings.some((beginning) => name.startsWith(beginning));
}

function oneOf(names: readonly string[]): Matchers {
  return { patterns: names.map(exactString) };
}

function upstreamHeaders(names: readonly string[] | 'All'): Matchers {
  if (names === 'All') return { patterns: [wholeRegex(everyTextBut(ownHeaders, ownBeginnings))] };
  return oneOf(names.filter((name) => !isOwn(name)));
}

function serviceOf(auth: ExternalAuth): OneOf<typeof ExtAuthzSchema, 'services'> {
  switch (auth.protocol) {
    case 'Http':
      return {
        case: 'httpService',
        value: {
          serverUri: { uri: 'http://auth', httpUpstreamType: { case: 'cluster', value: auth.cluster }, timeout },
          pathPrefix: auth.pathPrefix ?? '',
          authorizationResponse: { allowedUpstreamHeaders: upstreamHeaders(auth.responseHeaders) },
        },
      };
    case 'Grpc':
      return {
        case: 'grpcService',
        value: {
          targetSpecifier: { case: 'envoyGrpc', value: { clusterName: auth.cluster, authority: auth.authority } },
          timeout,
        },
      };
    default:
      return unreachable(auth);
  }
}

function allowedHeaders({ requestHeaders }: ExternalAuth): Pick<Init<typeof ExtAuthzSchema>, 'allowedHeaders'> {
  if (requestHeaders === 'All' || requestHeaders.length === 0) return {};
  return { allowedHeaders: oneOf(requestHeaders) };
}

/**
 * The whole filter by route: its per-route configuration can't say which headers the server sees. So a listener need
 * not know of any server, and no change of one drains connections.
 */
export function buildExternalAuth(auth: ExternalAuth | undefined): readonly RouteFilter[] {
  if (auth === undefined) return [];
  const filter = packAny(ExtAuthzSchema, {
    services: serviceOf(auth),
    transportApiVersion: ApiVersion.V3,
    ...allowedHeaders(auth),
    // A body that is too long is refused rather than shown in part.
    ...(auth.maxBodyBytes === undefined ? {} : { withRequestBody: { maxRequestBytes: auth.maxBodyBytes } }),
  });
  const action = packAny(ExecuteFilterActionSchema, {
    typedConfig: { name: 'envoy.filters.http.ext_authz', typedConfig: filter },
  });
  const config = packAny(ExtensionWithMatcherPerRouteSchema, {
    xdsMatcher: { onNoMatch: { onMatch: { case: 'action', value: { name: 'ask', typedConfig: action } } } },
  });
  return [[httpFilterNames.externalAuth, config]];
}
