import type { RetryPolicySchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import { PreviousHostsPredicateSchema } from '../../../gen/envoy/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js';
import type { Retry } from '../../ir/filter.ts';
import { duration, packAny, type Init } from '../proto.ts';

type RetryPolicyInit = Init<typeof RetryPolicySchema>;

/**
 * Failures in which the backend has not seen the request: trying again can't do anything twice. It is what keeps a
 * request from failing while an endpoint goes away.
 */
const unseen = 'connect-failure,refused-stream,reset-before-request';

/** A retry goes to an endpoint that has not failed this request, where there is one. */
const otherHost: RetryPolicyInit = {
  retryHostPredicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      configType: { case: 'typedConfig', value: packAny(PreviousHostsPredicateSchema, {}) },
    },
  ],
  hostSelectionRetryMaxAttempts: 3n,
};

/**
 * With no retry asked for, requests that no backend has seen are tried twice more. Envoy draws each wait between 0 and
 * the backoff, doubled from retry to retry: the backoff is no least wait.
 */
export function buildRetry(retry: Retry | undefined, backendRequestMs: number | undefined): RetryPolicyInit {
  const perTryTimeout =
    backendRequestMs === undefined || backendRequestMs === 0 ? {} : { perTryTimeout: duration(backendRequestMs) };
  if (retry === undefined) return { retryOn: unseen, numRetries: 2, ...perTryTimeout, ...otherHost };
  return {
    retryOn: `retriable-status-codes,reset,${unseen}`,
    retriableStatusCodes: [...retry.statusCodes],
    numRetries: retry.attempts,
    ...perTryTimeout,
    ...otherHost,
    ...(retry.backoffMs === undefined || retry.backoffMs === 0
      ? {}
      : { retryBackOff: { baseInterval: duration(retry.backoffMs), maxInterval: duration(retry.backoffMs * 10) } }),
  };
}
