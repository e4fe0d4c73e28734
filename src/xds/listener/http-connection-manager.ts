import type { FilterSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { HttpProtocolOptions_HeadersWithUnderscoresAction } from '../../../gen/envoy/envoy/config/core/v3/protocol_pb.js';
import {
  HttpConnectionManager_PathWithEscapedSlashesAction,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
} from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { Front } from '../../ir/front.ts';
import type { RouteTableName } from '../../ir/name.ts';
import { adsSource } from '../config-source.ts';
import { packAny, type Init } from '../proto.ts';
import { accessLog } from './access-log.ts';
import { edgeSettings as edge } from './edge-settings.ts';
import { httpFilters } from './http-filters.ts';
import { commonHttpLimits, httpLimits } from './http-limits.ts';

/** The filter that speaks HTTP. Nothing in it depends on a route: what it routes by comes by RDS. */
export function httpConnectionManager(
  routeTable: RouteTableName,
  statPrefix: 'http' | 'https',
  front?: Front,
): Init<typeof FilterSchema> {
  const manager = packAny(HttpConnectionManagerSchema, {
    statPrefix,
    routeSpecifier: {
      case: 'rds',
      // Without a limit: a listener whose routes have not come would answer 404 when its time is up.
      value: { routeConfigName: routeTable, configSource: adsSource(0) },
    },
    httpFilters: [...httpFilters],
    accessLog: [accessLog],
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    // The backend's own Server header goes through, and no other is made up.
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
    useRemoteAddress: edge.useRemoteAddress.value,
    xffNumTrustedHops: front?.trustedHops ?? edge.xffNumTrustedHops.value,
    normalizePath: edge.normalizePath.value,
    mergeSlashes: edge.mergeSlashes.value,
    pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction[edge.pathWithEscapedSlashes.value],
    stripTrailingHostDot: edge.stripTrailingHostDot.value,
    ...httpLimits,
    commonHttpProtocolOptions: {
      ...commonHttpLimits,
      headersWithUnderscoresAction: HttpProtocolOptions_HeadersWithUnderscoresAction[edge.headersWithUnderscores.value],
    },
  });
  return {
    name: 'envoy.filters.network.http_connection_manager',
    configType: { case: 'typedConfig', value: manager },
  };
}
