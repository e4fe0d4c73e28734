import {
  FilterStateValue_SharedWithUpstream,
  type FilterStateValueSchema,
} from '../../../gen/envoy/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js';
import { ConfigSchema } from '../../../gen/envoy/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.js';
import type { HttpFilterSchema } from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { packAny, type Init } from '../proto.ts';
import { identityHeaders } from './identity.ts';

/** What a call keeps with it, into the tunnel's end and into the access log, where request headers are gone. */
export const callState = {
  authority: 'sallyport.egress.authority',
  caller: 'sallyport.egress.caller',
  egresses: 'sallyport.egress.egresses',
  pod: 'sallyport.egress.pod',
  rule: 'sallyport.egress.rule',
  serviceAccount: 'sallyport.egress.service_account',
} as const;

const values: { readonly [K in keyof typeof callState]: string } = {
  authority: '%REQ(:AUTHORITY)%',
  caller: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  egresses: `%REQ(${identityHeaders.egresses})%`,
  pod: `%REQ(${identityHeaders.pod})%`,
  rule: '%ROUTE_NAME%',
  serviceAccount: `%REQ(${identityHeaders.serviceAccount})%`,
};

function inline(text: string) {
  return { specifier: { case: 'inlineString', value: text } } as const;
}

function stateValue(key: keyof typeof callState): Init<typeof FilterStateValueSchema> {
  return {
    key: { case: 'objectKey', value: callState[key] },
    factoryKey: 'envoy.string',
    value: { case: 'formatString', value: { format: { case: 'textFormatSource', value: inline(values[key]) } } },
    sharedWithUpstream: FilterStateValue_SharedWithUpstream.TRANSITIVE,
  };
}

/** Stands behind the identity filters. */
export const callStateFilter: Init<typeof HttpFilterSchema> = {
  name: 'envoy.filters.http.set_filter_state',
  configType: {
    case: 'typedConfig',
    value: packAny(ConfigSchema, {
      onRequestHeaders: [
        stateValue('authority'),
        stateValue('caller'),
        stateValue('egresses'),
        stateValue('pod'),
        stateValue('rule'),
        stateValue('serviceAccount'),
      ],
    }),
  },
};

/** The value of a call's state in an access log or a body. */
export function stateOperator(key: keyof typeof callState): string {
  return `%FILTER_STATE(${callState[key]}:PLAIN)%`;
}
