import type { HTTPRouteRetry, HTTPRouteTimeouts } from '../../../gen/kubernetes/types.ts';
import type { Retry, Timeouts } from '../../ir/filter.ts';
import { parseDuration } from '../../resolve/duration.ts';
import { refuse, type RuleFindings } from './finding.ts';

/** A duration field in milliseconds; undefined where it is absent or, with a finding, not a duration. */
export function translateDuration(text: string | undefined, field: string, findings: RuleFindings): number | undefined {
  if (text === undefined) return undefined;
  return parseDuration(text) ?? refuse(findings, field, `${text} is no duration; write it as 500ms, 10s or 1h30m.`);
}

export function translateTimeouts(
  timeouts: HTTPRouteTimeouts | undefined,
  field: string,
  findings: RuleFindings,
): Timeouts {
  const requestMs = translateDuration(timeouts?.request, `${field}.request`, findings);
  const backendRequestMs = translateDuration(timeouts?.backendRequest, `${field}.backendRequest`, findings);
  if (requestMs !== undefined && requestMs > 0 && backendRequestMs !== undefined && backendRequestMs > requestMs) {
    refuse(findings, `${field}.backendRequest`, 'backendRequest must not be longer than request.');
  }
  return {
    ...(requestMs === undefined ? {} : { requestMs }),
    ...(backendRequestMs === undefined ? {} : { backendRequestMs }),
  };
}

const defaultAttempts = 1;

export function translateRetry(retry: HTTPRouteRetry, field: string, findings: RuleFindings): Retry {
  const backoffMs = translateDuration(retry.backoff, `${field}.backoff`, findings);
  const statusCodes = [...new Set(retry.codes ?? [])].sort((a, b) => a - b);
  const unknown = statusCodes.filter((code) => code < 400 || code > 599);
  if (unknown.length > 0)
    refuse(findings, `${field}.codes`, `Only 400 to 599 can be retried, not ${unknown.join(', ')}.`);
  const attempts = retry.attempts ?? defaultAttempts;
  return { attempts, statusCodes, ...(backoffMs === undefined ? {} : { backoffMs }) };
}
