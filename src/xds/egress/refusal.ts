import {
  HeaderValueOption_HeaderAppendAction,
  type HeaderValueOptionSchema,
} from '../../../gen/envoy/envoy/config/core/v3/base_pb.js';
import type { RouteMatchSchema, RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { SubstitutionFormatStringSchema } from '../../../gen/envoy/envoy/config/core/v3/substitution_format_string_pb.js';
import type { Init } from '../proto.ts';
import { literal } from '../route/header-modification.ts';
import type { HeaderMatcherInit } from '../route/match.ts';
import { metadataNamespace } from '../route/route.ts';
import { stateOperator } from './filter-state.ts';

/** The header that answers of the gateway itself carry, as clients rarely show the body of a refused CONNECT. */
const refusalHeader = 'x-sallyport-egress';

const caller = '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%';

/** The body of a refusal: what was called, by whom, and what is missing. `why` is a format string. */
export function refusalBody(
  why: string,
  error: 'egress denied' | 'egress limited' = 'egress denied',
): Init<typeof SubstitutionFormatStringSchema> {
  return {
    format: {
      case: 'jsonFormat',
      value: {
        caller,
        error,
        host: '%REQ(:AUTHORITY)%',
        method: '%REQ(:METHOD)%',
        path: '%PATH(NQ:PATH)%',
        pod: stateOperator('pod'),
        selectedBy: stateOperator('egresses'),
        serviceAccount: stateOperator('serviceAccount'),
        why,
      },
    },
    contentType: 'application/json',
  };
}

/** The same in one line. */
export function refusalHeaders(why: string): Init<typeof HeaderValueOptionSchema>[] {
  const value = `denied; ${why}; caller ${caller}, selected by ${stateOperator('egresses')}`;
  return [
    {
      header: { key: refusalHeader, value },
      appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
    },
  ];
}

/** A route that answers 403. */
function refusalRoute(name: string, match: Init<typeof RouteMatchSchema>, why: string): Init<typeof RouteSchema> {
  return {
    name,
    match,
    metadata: { filterMetadata: { [metadataNamespace]: { decision: 'denied' } } },
    action: { case: 'directResponse', value: { status: 403, bodyFormat: refusalBody(why) } },
    responseHeadersToAdd: refusalHeaders(why),
  };
}

/** Stands for no rule, in access logs. */
const noRule = 'no-rule';

/** The end of every list of routes: whatever comes here, no rule allows. `headers` must hold as well. */
export function fallbackRoutes(
  knownHost: boolean,
  headers: readonly HeaderMatcherInit[] = [],
): readonly Init<typeof RouteSchema>[] {
  const known = knownHost ? '; there are rules for this host and port, but none that fits' : '';
  const missing = 'no rule of the Egress objects that select the caller allows';
  const request = '%REQ(:METHOD)% %REQ(:SCHEME)%://%REQ(:AUTHORITY)%%PATH(NQ:PATH)%';
  const tunnel: Init<typeof RouteMatchSchema> = {
    pathSpecifier: { case: 'connectMatcher', value: {} },
    headers: [...headers],
  };
  const prefix: Init<typeof RouteMatchSchema> = {
    pathSpecifier: { case: 'prefix', value: '/' },
    headers: [...headers],
  };
  return [
    refusalRoute(noRule, tunnel, `${missing} CONNECT %REQ(:AUTHORITY)%${known}`),
    refusalRoute(noRule, prefix, `${missing} ${request}${known}`),
  ];
}

/** A rule's own refusal. */
export function ruleRefusal(name: string, match: Init<typeof RouteMatchSchema>, why: string): Init<typeof RouteSchema> {
  return refusalRoute(name, match, literal(why));
}
