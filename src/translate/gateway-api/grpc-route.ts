import type { ObjectTypes } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { HttpAttachment } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import { translateGrpcMatches } from './grpc-match.ts';
import type { ParentSources } from './parent-ref.ts';
import { translateRequestRoute } from './request-route.ts';
import type { RouteTranslation } from './route.ts';
import { translateRule } from './rule.ts';
import { hasLostMatches } from './rule-context.ts';

/** Translates a GRPCRoute, as an HTTPRoute whose requests are gRPC: its backends are spoken to by HTTP/2. */
export function translateGrpcRoute(
  read: Read<ParentSources>,
  route: ObjectTypes['GRPCRoute'],
  options: TranslateOptions,
): RouteTranslation<HttpAttachment> {
  return translateRequestRoute(read, route, 'Grpc', options, (context) =>
    (route.spec.rules ?? []).map((rule, index) =>
      translateRule(context, rule, index, (field, findings) =>
        hasLostMatches(context, rule.matches) ? [] : translateGrpcMatches(rule.matches, field, findings),
      ),
    ),
  );
}
