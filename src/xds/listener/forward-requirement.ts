import type { Requirement } from '../../ads/resource.ts';
import { clusterType } from '../../ads/type-url.ts';
import type { StreamForward } from '../../ir/stream.ts';

/** The clusters that a connection can be handed on to. */
export function requireClusters(forward: StreamForward | undefined): readonly Requirement[] {
  return (forward?.clusters ?? []).map(({ cluster }) => ({ typeUrl: clusterType, name: cluster }));
}
