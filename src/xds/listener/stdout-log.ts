import type { AccessLogSchema } from '../../../gen/envoy/envoy/config/accesslog/v3/accesslog_pb.js';
import { StdoutAccessLogSchema } from '../../../gen/envoy/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import { packAny, type Init } from '../proto.ts';

/** A line of JSON on standard output, with these fields as Envoy's formatter fills them in. Empty ones are left out. */
export function stdoutLog(fields: Readonly<Record<string, string>>): Init<typeof AccessLogSchema> {
  return {
    name: 'envoy.access_loggers.stdout',
    configType: {
      case: 'typedConfig',
      value: packAny(StdoutAccessLogSchema, {
        accessLogFormat: {
          case: 'logFormat',
          value: { format: { case: 'jsonFormat', value: fields }, omitEmptyValues: true },
        },
      }),
    },
  };
}
