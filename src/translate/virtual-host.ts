import type { RouteName, Origin } from '../ir/name.ts';
import { virtualHostName } from '../ir/name.ts';
import type { VirtualHost } from '../ir/route.ts';
import type { Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import type { Domain, Domains } from './domain.ts';
import { compareRoutes, matchKey, type RankedRoute } from './precedence.ts';

/** A route that no request can reach, as a route of another object has the same match and goes first. */
export interface Shadowed {
  readonly loser: Origin;
  readonly loserRoute: RouteName;
  readonly winner: Origin;
  readonly domain: string;
}

export interface AssembledVirtualHost {
  readonly virtualHost: VirtualHost;
  readonly shadowed: readonly Shadowed[];
}

function findShadowed(domain: string, ranked: readonly RankedRoute[]): readonly Shadowed[] {
  const first = new Map<string, RankedRoute>();
  const shadowed: Shadowed[] = [];
  for (const entry of ranked) {
    const key = matchKey(entry.route.match);
    const winner = first.get(key);
    if (winner === undefined) first.set(key, entry);
    else if (winner.route.origin !== entry.route.origin) {
      shadowed.push({ loser: entry.route.origin, loserRoute: entry.route.name, winner: winner.route.origin, domain });
    }
  }
  return shadowed;
}

/**
 * Merges all that is attached at one domain into one list, in the order in which Envoy is to try the routes. A domain of
 * a section that reads no HTTP has none: requests for it that come in by another section are told that they are
 * misdirected, so that a client that shares connections comes anew by the right one.
 */
export function assembleVirtualHost({ name: domain, owner, attachments }: Domain): AssembledVirtualHost {
  const ranked = attachments.flatMap((attachment) =>
    attachment.kind !== 'Http'
      ? []
      : attachment.routes.map((route, position) => ({
          route,
          precedence: attachment.precedence,
          fallback: attachment.fallback === true,
          position,
        })),
  );
  ranked.sort(compareRoutes);
  return {
    virtualHost: {
      name: virtualHostName(domain),
      domains: [domain],
      section: owner.name,
      routes: ranked.map((entry) => entry.route),
    },
    shadowed: attachments.length > 1 ? findShadowed(domain, ranked) : [],
  };
}

/** The virtual hosts of one port. */
export interface AssembledHosts {
  /** Sorted by name. */
  readonly virtualHosts: readonly VirtualHost[];
  readonly shadowed: readonly Shadowed[];
}

function virtualHostOf({ virtualHost }: AssembledVirtualHost): VirtualHost {
  return virtualHost;
}

/** Assembles the domains that changed; the others are those of last time. */
export function assembleVirtualHosts<S extends Sources>(memo: Memo<S>, key: string, domains: Domains): AssembledHosts {
  const assembled = memo.mapList(assembleVirtualHost, key, domains);
  return {
    virtualHosts: memo.mapList(virtualHostOf, key, assembled),
    shadowed: assembled.flatMap(({ shadowed }) => shadowed),
  };
}
