import type { Gateway } from '../../../gen/kubernetes/types.ts';
import type { GatewayTranslation } from './gateway.ts';
import type { AnyRoute } from './route-kind.ts';

/** The scope in which a Gateway takes routes that do not name it (GEP-3793); undefined for none. */
export type DefaultScope = 'All';

function scopeOf(scope: string | undefined): DefaultScope | undefined {
  return scope === 'All' ? scope : undefined;
}

export function defaultScopeOf(gateway: Gateway): DefaultScope | undefined {
  return scopeOf(gateway.spec.defaultScope);
}

/** The scope in which a route asks for Gateways that it does not name. */
export function wantedScopeOf(route: AnyRoute): DefaultScope | undefined {
  return scopeOf(route.spec.useDefaultGateways);
}

/** The default Gateways of each scope, in the order given. There may be several: a route attaches to all of them. */
export function indexDefaultGateways(
  gateways: readonly GatewayTranslation[],
): ReadonlyMap<DefaultScope, readonly GatewayTranslation[]> {
  const members = gateways.filter(({ defaultScope }) => defaultScope === 'All');
  return members.length === 0 ? new Map() : new Map([['All', members]]);
}
