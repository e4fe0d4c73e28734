import type { Feature } from '../kube/discovery.ts';
import type { Kind } from '../snapshot/object.ts';
import type { ObjectStatus } from '../translate/translation.ts';

interface WithFeatures {
  readonly supportedFeatures: readonly { readonly name: string }[];
}

function hasFeatures(status: unknown): status is WithFeatures {
  return (
    typeof status === 'object' &&
    status !== null &&
    'supportedFeatures' in status &&
    Array.isArray(status.supportedFeatures)
  );
}

/** `GRPCRouteNamedRouteRule` is a feature of GRPCRoute: what is named after a kind needs its definition. */
function needs(feature: string, kind: Kind): boolean {
  return feature === kind || (feature.startsWith(kind) && /^[A-Z0-9]/.test(feature.slice(kind.length)));
}

/** The statuses of GatewayClasses without the features whose kind this cluster does not have. */
export function withInstalledFeatures(
  statuses: readonly ObjectStatus[],
  features: readonly Feature[],
): readonly ObjectStatus[] {
  const missing = features.filter(({ kind }) => kind !== 'Served').map(({ of }) => of);
  if (missing.length === 0) return statuses;
  return statuses.map((entry) => {
    if (entry.ref.kind !== 'GatewayClass' || !hasFeatures(entry.status)) return entry;
    const supportedFeatures = entry.status.supportedFeatures.filter(
      ({ name }) => !missing.some((kind) => needs(name, kind)),
    );
    return { ...entry, status: { ...entry.status, supportedFeatures } };
  });
}
