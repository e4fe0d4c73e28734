import type { ForwardProxyListener } from '../../ir/egress.ts';
import type { IdentityCache } from '../../lib/identity-cache.ts';

/** All of a listener that its routes depend on beside themselves: equal texts, equal results. */
export function settingsKey({
  name,
  bind,
  port,
  resolver,
  longestTunnelMs,
  certificates,
  origins,
}: ForwardProxyListener): string {
  return JSON.stringify([name, bind, port, resolver ?? null, longestTunnelMs, certificates, origins]);
}

type Results<R> = Map<string, R>;

/** Keeps results for as long as their input lives, apart for each listener that the input stands in. */
export function createKept<R>(cache: IdentityCache): (input: object, settings: string, make: () => R) => R {
  // A step of its own for each use, so that uses do not share a table.
  const resultsOf = (): Results<R> => new Map();
  return (input, settings, make) => {
    const results = cache.get(resultsOf, input);
    const known = results.get(settings);
    if (known !== undefined) return known;
    const result = make();
    results.set(settings, result);
    return result;
  };
}
