import type { EgressListener } from '../../ir/egress.ts';
import type { XdsOptions } from '../options.ts';
import type { XdsResource } from '../resource.ts';

/** All resources of one listener of an egress Gateway. */
export function buildEgressListener(listener: EgressListener, _options: XdsOptions): readonly XdsResource[] {
  throw new Error(`no resources are built for ${listener.kind} listeners yet`);
}
