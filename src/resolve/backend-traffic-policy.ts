import type { SessionPersistence } from '../../gen/kubernetes/types.ts';
import type { RetryBudget } from '../ir/cluster.ts';
import { originOf, type Origin } from '../ir/name.ts';
import { compareBy, compareStrings } from '../lib/order.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { objectKey, type ObjectTypes, refOf } from '../snapshot/object.ts';
import type { Read } from '../snapshot/view.ts';
import { parseDuration } from './duration.ts';
import { describeUnreadable, type Problem } from './problem.ts';

type XBackendTrafficPolicy = ObjectTypes['XBackendTrafficPolicy'];

/** How a backend's traffic is to be handled, and the policy that says so. */
export interface BackendTraffic {
  readonly origin: Origin;
  readonly retryBudget?: RetryBudget;
  readonly sessionPersistence?: SessionPersistence;
}

const compareAge = compareBy<XBackendTrafficPolicy>(
  (a, b) => compareStrings(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''),
  (a, b) => compareStrings(a.metadata.name, b.metadata.name),
);

const defaultBudget = { percent: 20, interval: '10s' };
const defaultRate = { count: 10, interval: '1s' };

function invalid(message: string): Result<never, Problem> {
  return err({ reason: 'Invalid', message });
}

/** The limits of retries that a policy sets (GEP-3388). Problem: Invalid. */
export function evaluateRetryBudget(policy: XBackendTrafficPolicy): Result<RetryBudget | undefined, Problem> {
  if (policy.unreadable !== undefined) return err(describeUnreadable(policy.unreadable));
  const constraint = policy.spec.retryConstraint;
  if (constraint === undefined) return ok(undefined);
  const { percent = defaultBudget.percent, interval = defaultBudget.interval } = constraint.budget ?? {};
  const rate = constraint.minRetryRate ?? {};
  const { count = defaultRate.count, interval: rateInterval = defaultRate.interval } = rate;
  const intervalMs = parseDuration(interval);
  const rateMs = parseDuration(rateInterval);
  if (intervalMs === undefined || intervalMs === 0)
    return invalid(`retryConstraint.budget.interval ${interval} is no time.`);
  if (rateMs === undefined || rateMs === 0) {
    return invalid(`retryConstraint.minRetryRate.interval ${rateInterval} is no time.`);
  }
  // What is given by the second is also allowed at a time: a retry hardly takes longer than that.
  return ok({ percent, intervalMs, minConcurrent: Math.max(1, Math.ceil((count * 1000) / rateMs)) });
}

/** Of the policies for a Service, the one that decides: the oldest, then the first by name. */
export function findBackendTrafficPolicy(
  policies: readonly XBackendTrafficPolicy[],
): XBackendTrafficPolicy | undefined {
  return policies.toSorted(compareAge)[0];
}

/** What the policies of a Service ask for; undefined where there is none. A part that is invalid has no effect. */
export function resolveBackendTraffic(read: Read, namespace: string, service: string): BackendTraffic | undefined {
  const policy = findBackendTrafficPolicy(read('trafficPoliciesOfService', `${namespace}/${service}`) ?? []);
  if (policy === undefined) return undefined;
  const budget = evaluateRetryBudget(policy);
  const { sessionPersistence } = policy.spec;
  return {
    origin: originOf(objectKey(refOf(policy))),
    ...(budget.ok && budget.value !== undefined ? { retryBudget: budget.value } : {}),
    ...(sessionPersistence === undefined ? {} : { sessionPersistence }),
  };
}
