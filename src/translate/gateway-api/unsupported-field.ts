import type { Gateway } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import { translateAllowedListeners } from './allowed-listeners.ts';

/** Fields of a Gateway that have no effect here, whatever its class; it is served without them. */
export function findUnsupportedFields(gateway: Gateway): readonly Problem[] {
  const { problem } = translateAllowedListeners(gateway);
  return problem === undefined ? [] : [problem];
}
