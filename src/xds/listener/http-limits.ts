import type { HttpConnectionManagerSchema } from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { duration, type Init } from '../proto.ts';
import { edgeSettings as edge } from './edge-settings.ts';

/** What a client's HTTP is bounded by, whichever way it goes. */
export const commonHttpLimits = {
  idleTimeout: duration(edge.idleTimeoutMs.value),
  maxHeadersCount: edge.maxHeadersCount.value,
};

/** The same for the fields of the filter that speaks HTTP. */
export const httpLimits = {
  maxRequestHeadersKb: edge.maxRequestHeadersKb.value,
  requestHeadersTimeout: duration(edge.requestHeadersTimeoutMs.value),
  streamIdleTimeout: duration(edge.streamIdleTimeoutMs.value),
  http2ProtocolOptions: {
    allowConnect: true,
    maxConcurrentStreams: edge.http2MaxConcurrentStreams.value,
    initialStreamWindowSize: edge.http2InitialStreamWindow.value,
    initialConnectionWindowSize: edge.http2InitialConnectionWindow.value,
  },
} satisfies Init<typeof HttpConnectionManagerSchema>;
