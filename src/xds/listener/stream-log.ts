import type { AccessLogSchema } from '../../../gen/envoy/envoy/config/accesslog/v3/accesslog_pb.js';
import type { Init } from '../proto.ts';
import { literal } from '../route/header-modification.ts';
import { stdoutLog } from './stdout-log.ts';

/** The fields of a line for a connection or a session of datagrams. Empty ones are left out. */
const streamLogFields = {
  bytesReceived: '%BYTES_RECEIVED%',
  bytesSent: '%BYTES_SENT%',
  cluster: '%UPSTREAM_CLUSTER_RAW%',
  downstream: '%DOWNSTREAM_REMOTE_ADDRESS%',
  durationMs: '%DURATION%',
  flags: '%RESPONSE_FLAGS%',
  sni: '%REQUESTED_SERVER_NAME%',
  time: '%START_TIME%',
  upstream: '%UPSTREAM_HOST%',
};

/** A line of JSON on standard output for each connection when it ends, with the rule that it met. */
export function streamLog(route: string | undefined): Init<typeof AccessLogSchema> {
  return stdoutLog(route === undefined ? streamLogFields : { ...streamLogFields, route: literal(route) });
}
