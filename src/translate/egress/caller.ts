import type { Egress, Pod } from '../../../gen/kubernetes/types.ts';
import type { EgressCaller } from '../../ir/egress.ts';
import { formatAddress, isSingleAddress, parseIpRange } from '../../lib/ip-range.ts';
import { compareStrings } from '../../lib/order.ts';
import { checkLabelSelector, matchesLabels } from '../../resolve/label-selector.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';

/** The canonical addresses of a Pod that calls for itself: one that has ended, or that uses its node's address, has none. */
function addressesOf(pod: Pod): readonly string[] {
  if (pod.spec?.hostNetwork === true || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return [];
  const texts = [
    ...(pod.status?.podIPs ?? []).map((entry) => entry.ip),
    ...(pod.status?.podIP === undefined ? [] : [pod.status.podIP]),
  ];
  const addresses = texts.flatMap((text) => {
    const range = parseIpRange(text);
    return range.ok && isSingleAddress(range.value) ? [formatAddress(range.value)] : [];
  });
  return [...new Set(addresses)];
}

/** Whether `spec.from` of an Egress selects a Pod of its namespace. */
function selectsPod(egress: Egress, pod: Pod): boolean {
  const { podSelector, serviceAccounts } = egress.spec.from;
  if (podSelector === undefined && serviceAccounts === undefined) return false;
  if (podSelector !== undefined) {
    const objection = checkLabelSelector(podSelector);
    if (objection !== undefined || !matchesLabels(podSelector, pod.metadata.labels ?? {})) return false;
  }
  return serviceAccounts === undefined || serviceAccounts.includes(pod.spec?.serviceAccountName || 'default');
}

/** The callers of one namespace, given its Egress objects. Pods that none selects are named, and may call nothing. */
export function callersOfNamespace(pods: readonly Pod[], egresses: readonly Egress[]): readonly EgressCaller[] {
  return pods.flatMap((pod) => {
    const { namespace, name } = refOf(pod);
    const selecting = egresses
      .filter((egress) => selectsPod(egress, pod))
      .map((egress) => `${namespace}/${egress.metadata.name}`);
    return addressesOf(pod).map((address) => ({
      address,
      pod: `${namespace}/${name}`,
      serviceAccount: `${namespace}/${pod.spec?.serviceAccountName || 'default'}`,
      egresses: selecting.sort(compareStrings),
    }));
  });
}

/** Joins the callers of several namespaces. An address that several Pods have tells nothing, so none of them may call. */
export function assembleCallers(lists: readonly (readonly EgressCaller[])[]): {
  readonly callers: readonly EgressCaller[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const byAddress = new Map<string, EgressCaller[]>();
  for (const caller of lists.flat()) {
    const same = byAddress.get(caller.address);
    if (same === undefined) byAddress.set(caller.address, [caller]);
    else same.push(caller);
  }
  const callers: EgressCaller[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [address, same] of [...byAddress].sort(([a], [b]) => compareStrings(a, b))) {
    const [only, ...others] = same;
    if (only !== undefined && others.length === 0) callers.push(only);
    else {
      const pods = same.map((caller) => caller.pod).sort(compareStrings);
      const message = `Pods ${pods.join(', ')} have the same address ${address}, so none of them can be told from the others, and calls from it are denied.`;
      diagnostics.push({ severity: 'warning', reason: 'AmbiguousAddress', message });
    }
  }
  return { callers, diagnostics };
}
