import type { GatewayName } from '../../ir/name.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { ObjectRef } from '../../snapshot/object.ts';
import type { ClassRole } from './gateway-class.ts';
import type { GatewayTranslation } from './gateway.ts';
import type { ListenerTranslation } from './listener.ts';

/** What a route attaches to: a Gateway of ours, or a ListenerSet of one; each has listeners of its own. */
export interface ListenerParent {
  readonly object: ObjectRef;
  /** The Gateway that serves the listeners. */
  readonly gateway: GatewayName;
  readonly role: ClassRole;
  readonly listeners: readonly ListenerTranslation[];
  /** Why the Gateway does not take it, whatever its listeners are; nothing can attach then. */
  readonly refusal?: Problem;
}

export function gatewayAsParent({ gateway, name, role, listeners }: GatewayTranslation): ListenerParent {
  return { object: gateway, gateway: name, role, listeners };
}
