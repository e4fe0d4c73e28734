import type { Gateway } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';

/** Fields of a Gateway that have no effect here, whatever its class; it is served without them. */
export function findUnsupportedFields(gateway: Gateway): readonly Problem[] {
  const { allowedListeners, defaultScope } = gateway.spec;
  const problems: Problem[] = [];
  const from = allowedListeners?.namespaces?.from ?? 'None';
  if (from !== 'None') {
    const message = `allowedListeners.namespaces.from ${from} has no effect: ListenerSets are not served yet.`;
    problems.push({ reason: 'UnsupportedValue', message });
  }
  if (defaultScope !== undefined && defaultScope !== 'None') {
    const message = `defaultScope ${defaultScope} has no effect: routes attach by parentRefs only.`;
    problems.push({ reason: 'UnsupportedValue', message });
  }
  return problems;
}
