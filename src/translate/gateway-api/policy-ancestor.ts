import type { ParentReference } from '../../../gen/kubernetes/types.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition } from '../translation.ts';
import { gatewayGroup } from './allowed-routes.ts';

/** An entry of a policy's `status.ancestors`, without times. */
export interface PolicyAncestor {
  readonly ancestorRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** A Gateway whose routes lead to what a policy targets. */
export interface PolicyGateway {
  readonly namespace: string;
  readonly name: string;
}

/** A status holds no more (PolicyStatus.ancestors). */
const maxAncestors = 16;

/** The same conditions for each of the Gateways. */
export function ancestorsOf(
  gateways: readonly PolicyGateway[],
  conditions: readonly Condition[],
  options: TranslateOptions,
): readonly PolicyAncestor[] {
  return gateways.slice(0, maxAncestors).map(({ namespace, name }) => ({
    ancestorRef: { group: gatewayGroup, kind: 'Gateway', namespace, name },
    controllerName: options.controllerName,
    conditions,
  }));
}
