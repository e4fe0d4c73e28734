import type { HTTPRequestRedirectFilter } from '../../../gen/kubernetes/types.ts';
import type { RouteMatch } from '../../ir/match.ts';
import type { Redirect } from '../../ir/route.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { translatePathModifier } from './path-modifier.ts';

/** The place a request came in by, as far as a redirect depends on it. */
export interface EntryPoint {
  readonly scheme: 'http' | 'https';
  readonly port: number;
}

/** A redirect whose port still depends on where the request came in. `port` is the one that the user wrote. */
export type RedirectTemplate = Redirect;

const wellKnownPort = { http: 80, https: 443 } as const;
const statusCodes: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function translateRequestRedirect(
  filter: HTTPRequestRedirectFilter,
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): RedirectTemplate | undefined {
  const { scheme, hostname, port, statusCode = 302 } = filter;
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    return refuse(findings, `${field}.scheme`, `Scheme ${String(scheme)} is unknown.`);
  }
  if (!statusCodes.has(statusCode)) {
    return refuse(findings, `${field}.statusCode`, `Status code ${String(statusCode)} is no redirect that is known.`);
  }
  const path =
    filter.path === undefined ? undefined : translatePathModifier(filter.path, matches, `${field}.path`, findings);
  return {
    kind: 'Redirect',
    ...(scheme === undefined ? {} : { scheme }),
    ...(hostname === undefined ? {} : { hostname: hostname.toLowerCase() }),
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { path }),
    statusCode,
  };
}

/**
 * The redirect at one entry point (HTTPRequestRedirectFilter.port): the port written, else the well-known one of the
 * scheme written, else the listener's; left out where it is the well-known one of the scheme that the client will use.
 */
export function redirectAt(template: RedirectTemplate, entry: EntryPoint): Redirect {
  const { port: written, ...rest } = template;
  const port = written ?? (template.scheme === undefined ? entry.port : wellKnownPort[template.scheme]);
  return port === wellKnownPort[template.scheme ?? entry.scheme] ? rest : { ...rest, port };
}
