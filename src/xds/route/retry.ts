import {
  HeaderValueOption_HeaderAppendAction,
  type HeaderValueOptionSchema,
} from '../../../gen/envoy/envoy/config/core/v3/base_pb.js';
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

function overwrite(key: string, value: string): Init<typeof HeaderValueOptionSchema> {
  return {
    header: { key, value },
    appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
  };
}

/**
 * With no retry asked for, requests that no backend has seen are tried three times more. A route table says it once, by
 * the headers that Envoy takes and removes: a policy in each of thousands of routes is a third of the time that Envoy
 * needs to load them.
 */
export const retryUnseen: readonly Init<typeof HeaderValueOptionSchema>[] = [
  overwrite('x-envoy-retry-on', unseen),
  overwrite('x-envoy-max-retries', '3'),
];

/** Removed on a route with a policy of its own, whose number of retries the header would replace. */
export const retryUnseenHeaders: readonly string[] = ['x-envoy-retry-on', 'x-envoy-max-retries'];

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
 * A policy of a route's own. Envoy draws each wait between 0 and the backoff, doubled from retry to retry: the backoff
 * is no least wait.
 */
export function buildRetry(retry: Retry | undefined, backendRequestMs: number | undefined): RetryPolicyInit {
  const timed = backendRequestMs !== undefined && backendRequestMs > 0;
  const perTryTimeout = timed ? { perTryTimeout: duration(backendRequestMs) } : {};
  if (retry === undefined) return { retryOn: unseen, numRetries: 2, ...perTryTimeout, ...otherHost };
  const backoff = retry.backoffMs ?? 0;
  return {
    retryOn: `retriable-status-codes,reset,${unseen}`,
    retriableStatusCodes: [...retry.statusCodes],
    numRetries: retry.attempts,
    ...perTryTimeout,
    ...otherHost,
    ...(backoff > 0 ? { retryBackOff: { baseInterval: duration(backoff), maxInterval: duration(backoff * 10) } } : {}),
  };
}
