import type { SessionPersistence as SessionPersistenceSpec } from '../../../gen/kubernetes/types.ts';
import type { SessionPersistence } from '../../ir/filter.ts';
import { contentHash } from '../../lib/hash.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { translateDuration } from './timeout.ts';

// The characters of a cookie name and of a header name (RFC 9110, token).
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Sessions by cookie or header (GEP-1619). `rule` tells the rule apart from all others: each gets a session name of
 * its own where none is given, as two rules with one name would take each other's sessions away.
 */
export function translateSessionPersistence(
  spec: SessionPersistenceSpec,
  rule: string,
  field: string,
  findings: RuleFindings,
): SessionPersistence | undefined {
  const type = spec.type ?? 'Cookie';
  const name = spec.sessionName ?? `sallyport-session-${contentHash(rule)}`;
  if (!token.test(name))
    return refuse(findings, `${field}.sessionName`, `${name} can't be the name of a ${type.toLowerCase()}.`);
  const ttlMs = translateDuration(spec.absoluteTimeout, `${field}.absoluteTimeout`, findings);
  switch (type) {
    case 'Header':
      if (spec.absoluteTimeout !== undefined) {
        return refuse(findings, `${field}.absoluteTimeout`, 'A session by header has no timeout; use a cookie.');
      }
      if (spec.cookieConfig !== undefined)
        return refuse(findings, `${field}.cookieConfig`, 'A session by header has no cookie.');
      return { kind: 'Header', name: name.toLowerCase() };
    case 'Cookie':
      return translateCookie(spec, name, ttlMs, field, findings);
    default:
      return refuse(findings, `${field}.type`, `Session persistence ${String(type)} is unknown.`);
  }
}

/**
 * The session of a backend that a policy asks for. The rules that lead to the backend share none, so each has a cookie
 * of its own, whatever the policy names it. Undefined where the policy can't be followed, which its status tells.
 */
export function translateBackendSession(spec: SessionPersistenceSpec, rule: string): SessionPersistence | undefined {
  const findings: RuleFindings = { invalid: [], unresolved: [] };
  const session = translateSessionPersistence(spec, rule, 'spec.sessionPersistence', findings);
  if (session === undefined || findings.invalid.length > 0) return undefined;
  if (session.kind === 'Header' || spec.sessionName === undefined) return session;
  return { ...session, name: `${session.name}-${contentHash(rule)}` };
}

function translateCookie(
  spec: SessionPersistenceSpec,
  name: string,
  ttlMs: number | undefined,
  field: string,
  findings: RuleFindings,
): SessionPersistence | undefined {
  const lifetime = spec.cookieConfig?.lifetimeType ?? 'Session';
  if (spec.absoluteTimeout === undefined) {
    if (lifetime === 'Session') return { kind: 'Cookie', name, path: '/', lifetime };
    return refuse(findings, `${field}.absoluteTimeout`, 'A Permanent cookie needs an absoluteTimeout.');
  }
  if (ttlMs === undefined) return undefined;
  if (ttlMs === 0 || ttlMs % 1000 !== 0) {
    return refuse(findings, `${field}.absoluteTimeout`, 'absoluteTimeout must be in whole seconds, and not 0.');
  }
  return { kind: 'Cookie', name, path: '/', lifetime, ttlMs };
}
