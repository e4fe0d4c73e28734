import { coversHostname } from '../ownership.ts';

/**
 * Where two hostnames meet: the narrower one if the other covers it, undefined if no request can match both. Both
 * lower case; `*.example.com` stands for any number of labels before, `*` for every host.
 */
function intersectHostname(a: string, b: string): string | undefined {
  if (coversHostname(a, b)) return b;
  return coversHostname(b, a) ? a : undefined;
}

/** The hostnames of a route that a listener takes (HTTPRouteSpec.hostnames). A route without any takes the listener's. */
export function intersectHostnames(listener: string, route: readonly string[]): readonly string[] {
  if (route.length === 0) return [listener];
  const met = route.map((hostname) => intersectHostname(listener, hostname.toLowerCase()));
  return [...new Set(met.filter((hostname) => hostname !== undefined))];
}
