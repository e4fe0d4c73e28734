import { HeaderValueOption_HeaderAppendAction } from '../../../gen/envoy/envoy/config/core/v3/base_pb.js';
import { HeaderMutationPerRouteSchema } from '../../../gen/envoy/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js';
import {
  Config_ValueType,
  ConfigSchema,
} from '../../../gen/envoy/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js';
import { httpFilterNames, type RouteFilter } from '../http-filter.ts';
import { packAny } from '../proto.ts';

const metadataNamespace = 'sallyport.host';

/**
 * Takes the port off the request's Host before it is redirected: Envoy keeps it in Location, where a redirect without
 * a port means the scheme's own (HTTPRequestRedirectFilter.port). Only on redirects, as backends get Host as it came.
 */
export function stripHostPort(): readonly RouteFilter[] {
  const rule = {
    header: ':authority',
    onHeaderPresent: {
      metadataNamespace,
      key: 'name',
      type: Config_ValueType.STRING,
      regexValueRewrite: { pattern: { regex: ':[0-9]*$' }, substitution: '' },
    },
  };
  const mutation = {
    action: {
      case: 'append',
      value: {
        header: { key: ':authority', value: `%DYNAMIC_METADATA(${metadataNamespace}:name)%` },
        appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      },
    },
  } as const;
  return [
    [httpFilterNames.headerToMetadata, packAny(ConfigSchema, { requestRules: [rule] })],
    [
      httpFilterNames.headerMutation,
      packAny(HeaderMutationPerRouteSchema, { mutations: { requestMutations: [mutation] } }),
    ],
  ];
}
