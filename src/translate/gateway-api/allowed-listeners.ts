import type { Gateway, ListenerSet } from '../../../gen/kubernetes/types.ts';
import { checkLabelSelector } from '../../resolve/label-selector.ts';
import type { Problem } from '../../resolve/problem.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import type { Read } from '../../snapshot/view.ts';
import { type AllowedNamespaces, isNamespaceAllowed } from './allowed-routes.ts';

export interface AllowedListenersTranslation {
  /** Where ListenerSets may attach from; undefined: from nowhere. */
  readonly namespaces?: AllowedNamespaces;
  /** The field can't be used, and no ListenerSet is taken. */
  readonly problem?: Problem;
}

/** Reads which ListenerSets a Gateway takes (Gateway.spec.allowedListeners). */
export function translateAllowedListeners(gateway: Gateway): AllowedListenersTranslation {
  const { from = 'None', selector } = gateway.spec.allowedListeners?.namespaces ?? {};
  const unusable = (message: string) => ({ problem: { reason: 'UnsupportedValue', message } });
  switch (from) {
    case 'None':
      return {};
    case 'All':
    case 'Same':
      return { namespaces: { from } };
    case 'Selector': {
      const objection = selector === undefined ? 'it is missing' : checkLabelSelector(selector);
      if (selector !== undefined && objection === undefined) return { namespaces: { from, selector } };
      return unusable(`allowedListeners.namespaces.selector can't be used: ${objection}. No ListenerSet is taken.`);
    }
    default:
      return unusable(`allowedListeners.namespaces.from ${String(from)} is unknown. No ListenerSet is taken.`);
  }
}

/** The ListenerSets that name a Gateway as their parent. */
export interface ListenerSetChoice {
  /** By precedence: the oldest first, then by namespace and name. */
  readonly allowed: readonly ListenerSet[];
  readonly refused: readonly ListenerSet[];
}

function fullName({ metadata }: ListenerSet): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}

const comparePrecedence = compareBy<ListenerSet>(
  (a, b) => compareStrings(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''),
  (a, b) => compareStrings(fullName(a), fullName(b)),
);

/** Chooses among the ListenerSets of a Gateway those that it takes (ListenerSetSpec.listeners has their order). */
export function chooseListenerSets(read: Read, gateway: Gateway): ListenerSetChoice {
  const namespace = gateway.metadata.namespace ?? 'default';
  const sets = read('listenerSetsOfGateway', `${namespace}/${gateway.metadata.name}`) ?? [];
  const { namespaces } = translateAllowedListeners(gateway);
  const isAllowed = (set: ListenerSet) =>
    namespaces !== undefined && isNamespaceAllowed(read, namespaces, namespace, set.metadata.namespace ?? 'default');
  const { allowed = [], refused = [] } = Object.groupBy(sets, (set) => (isAllowed(set) ? 'allowed' : 'refused'));
  return { allowed: allowed.toSorted(comparePrecedence), refused };
}
