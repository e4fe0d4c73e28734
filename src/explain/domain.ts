import type { RouteTable, VirtualHost } from '../ir/route.ts';

/** Whether `host` falls under `domain`: the same, a wildcard's part with labels before it, or `*`. */
export function coversHost(domain: string, host: string): boolean {
  if (domain === '*' || domain === host) return true;
  return domain.startsWith('*.') && host.length > domain.length - 1 && host.endsWith(domain.slice(1));
}

/** A number that is higher for the more specific domain: exact, then the longest wildcard, then `*`. */
export function specificity(domain: string): number {
  if (domain === '*') return 0;
  return domain.startsWith('*.') ? domain.length : 1_000_000;
}

export interface ServedHost {
  readonly virtualHost: VirtualHost;
  /** Which of its domains the host fell under. */
  readonly domain: string;
}

/** All virtual hosts that the host falls under, the one that serves it first. */
export function findVirtualHosts(table: RouteTable, host: string): readonly ServedHost[] {
  const found: ServedHost[] = [];
  for (const virtualHost of table.virtualHosts) {
    for (const domain of virtualHost.domains) {
      if (coversHost(domain, host)) found.push({ virtualHost, domain });
    }
  }
  return found.sort((a, b) => specificity(b.domain) - specificity(a.domain));
}
