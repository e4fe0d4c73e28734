import { isIP } from 'node:net';
import { err, ok, type Result } from '../../lib/result.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const hostPattern = new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`);

/** The host of a rule or of a tls entry: `*` where it is absent, which stands for every host (IngressRule.host). */
export function parseIngressHost(host: string | undefined): Result<string, string> {
  if (host === undefined || host === '') return ok('*');
  if (isIP(host) !== 0) return err(`host ${host} is an address; a host must be a DNS name`);
  if (host.length > 253 || !hostPattern.test(host)) {
    return err(`host ${host} is no DNS name in lower case, nor one whose first label is '*'`);
  }
  return ok(host);
}

/** The labels that a request's host must have: a wildcard stands for exactly one; undefined where nothing is asked. */
export function labelsOf(hostname: string): number | undefined {
  return hostname.startsWith('*.') ? hostname.split('.').length : undefined;
}
