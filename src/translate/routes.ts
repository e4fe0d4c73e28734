import type { Memo } from '../lib/memo.ts';
import { settleContention } from './gateway-api/contention.ts';
import { translateGrpcRoute } from './gateway-api/grpc-route.ts';
import { translateHttpRoute } from './gateway-api/http-route.ts';
import type { RouteTranslation } from './gateway-api/route.ts';
import { translateTcpRoute, translateTlsRoute, translateUdpRoute } from './gateway-api/stream-route.ts';
import type { TranslateOptions } from './options.ts';
import type { TranslationSources } from './sources.ts';

/** Translates the routes of all kinds. */
export function translateRoutes(
  memo: Memo<TranslationSources>,
  sources: TranslationSources,
  options: TranslateOptions,
): readonly RouteTranslation[] {
  const kinds: readonly (readonly RouteTranslation[])[] = [
    memo.trackEach(translateHttpRoute, sources, sources.HTTPRoute, options),
    memo.trackEach(translateGrpcRoute, sources, sources.GRPCRoute, options),
    memo.trackEach(translateTlsRoute, sources, sources.TLSRoute, options),
    memo.trackEach(translateTcpRoute, sources, sources.TCPRoute, options),
    memo.trackEach(translateUdpRoute, sources, sources.UDPRoute, options),
  ];
  return memo.list('routes', settleContention(memo, kinds.flat()));
}
