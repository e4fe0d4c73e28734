/**
 * Orders resourceVersions: whole numbers without leading zeros, of any length (Kubernetes API concepts, "Resource
 * versions"). The empty one is before all.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The later of two resourceVersions. */
export function laterResourceVersion(a: string, b: string): string {
  return compareResourceVersions(a, b) >= 0 ? a : b;
}
