import type { AccessLogSchema } from '../../../gen/envoy/envoy/config/accesslog/v3/accesslog_pb.js';
import { StdoutAccessLogSchema } from '../../../gen/envoy/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import { packAny, type Init } from '../proto.ts';
import { metadataNamespace } from '../route/route.ts';
import { stateOperator } from './filter-state.ts';

const callFields = {
  authority: stateOperator('authority'),
  caller: stateOperator('caller'),
  egresses: stateOperator('egresses'),
  pod: stateOperator('pod'),
  serviceAccount: stateOperator('serviceAccount'),
} as const;

const connectionFields = {
  bytesReceived: '%BYTES_RECEIVED%',
  bytesSent: '%BYTES_SENT%',
  cluster: '%UPSTREAM_CLUSTER_RAW%',
  durationMs: '%DURATION%',
  flags: '%RESPONSE_FLAGS%',
  sni: '%REQUESTED_SERVER_NAME%',
  time: '%START_TIME%',
  upstream: '%UPSTREAM_REMOTE_ADDRESS%',
  upstreamFailure: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
} as const;

/** A call through the forward proxy. `decision` is the rule's; `details` says what became of an allowed one. */
export const callLogFields = {
  ...callFields,
  ...connectionFields,
  decision: `%METADATA(ROUTE:${metadataNamespace}:decision)%`,
  details: '%RESPONSE_CODE_DETAILS%',
  kind: 'egress',
  method: '%REQ(:METHOD)%',
  path: '%PATH(NQ:PATH)%',
  rule: '%ROUTE_NAME%',
  status: '%RESPONSE_CODE%',
} as const;

/** The inner end of a tunnel, where its server name has been compared. */
export const tunnelLogFields = {
  ...callFields,
  ...connectionFields,
  details: '%CONNECTION_TERMINATION_DETAILS%',
  kind: 'egress-tunnel',
  rule: stateOperator('rule'),
} as const;

/** A connection passed through, or not, by its server name. The details name the rule that denied it, or none. */
export const serverNameLogFields = {
  ...connectionFields,
  caller: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  details: '%CONNECTION_TERMINATION_DETAILS%',
  kind: 'egress-tls',
} as const;

/** A line of JSON on standard output. Query strings are left out: they may hold secrets. */
export function egressLog(fields: { readonly [field: string]: string }): Init<typeof AccessLogSchema> {
  const config = packAny(StdoutAccessLogSchema, {
    accessLogFormat: {
      case: 'logFormat',
      value: { format: { case: 'jsonFormat', value: { ...fields } }, omitEmptyValues: true },
    },
  });
  return { name: 'envoy.access_loggers.stdout', configType: { case: 'typedConfig', value: config } };
}
