import type { AccessLogSchema } from '../../../gen/envoy/envoy/config/accesslog/v3/accesslog_pb.js';
import type { Init } from '../proto.ts';
import { metadataNamespace } from '../route/route.ts';
import { stdoutLog } from './stdout-log.ts';

/** The fields of a line of the access log, in the order of their names. Empty ones are left out. */
const accessLogFields = {
  authority: '%REQ(:AUTHORITY)%',
  bytesReceived: '%BYTES_RECEIVED%',
  bytesSent: '%BYTES_SENT%',
  cluster: '%UPSTREAM_CLUSTER_RAW%',
  details: '%RESPONSE_CODE_DETAILS%',
  downstream: '%DOWNSTREAM_REMOTE_ADDRESS%',
  durationMs: '%DURATION%',
  flags: '%RESPONSE_FLAGS%',
  method: '%REQ(:METHOD)%',
  origin: `%METADATA(ROUTE:${metadataNamespace}:origin)%`,
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  requestId: '%REQ(X-REQUEST-ID)%',
  route: '%ROUTE_NAME%',
  rule: `%METADATA(ROUTE:${metadataNamespace}:rule)%`,
  sni: '%REQUESTED_SERVER_NAME%',
  status: '%RESPONSE_CODE%',
  time: '%START_TIME%',
  upstream: '%UPSTREAM_HOST%',
  userAgent: '%REQ(USER-AGENT)%',
} as const;

/** A line of JSON on standard output for each request, with the object and rule that it met. */
export const accessLog: Init<typeof AccessLogSchema> = stdoutLog(accessLogFields);
