import type { Gateway, ListenerSet } from '../../gen/kubernetes/types.ts';
import type { GatewayName } from '../ir/name.ts';
import type { Memo } from '../lib/memo.ts';
import { compareStrings } from '../lib/order.ts';
import { objectKey, refOf } from '../snapshot/object.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import { gatewayGroup } from './gateway-api/allowed-routes.ts';
import { chooseListenerSets, type ListenerSetChoice } from './gateway-api/allowed-listeners.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import { socketOf } from './gateway-api/listener-protocol.ts';
import { type ListenerConflicts, findListenerSetConflicts, noConflicts } from './gateway-api/listener-precedence.ts';
import { type ListenerSetTranslation, type ParentState, translateListenerSet } from './gateway-api/listener-set.ts';
import { findTakenPortsOfSets, noTakenPorts, type TakenPorts } from './gateway-api/taken-port.ts';
import type { TranslateOptions } from './options.ts';
import { type Section, sectionKey, speaksHttp } from './section.ts';
import type { TranslationSources } from './sources.ts';

type TranslationMemo = Memo<TranslationSources>;

/** The ListenerSets whose Gateway is one of ours. */
export interface ListenerSets {
  /** By `namespace/name`. */
  readonly byName: ReadonlyMap<string, ListenerSetTranslation>;
  /** By Gateway; those that it takes come first, by precedence. */
  readonly ofGateway: ReadonlyMap<GatewayName, readonly ListenerSetTranslation[]>;
}

const noListenerSets: ListenerSets = { byName: new Map(), ofGateway: new Map() };

/** A Gateway with the ListenerSets that name it. */
interface Parent {
  readonly translation: GatewayTranslation;
  readonly gateway: Gateway;
  readonly choice: ListenerSetChoice;
}

function stateOf({ role, accepted, conditions, addresses }: GatewayTranslation): ParentState {
  if (role === 'Egress') return 'Egress';
  const isAccepted = conditions.some(({ type, status }) => type === 'Accepted' && status === 'True');
  if (addresses.length === 0) return isAccepted ? 'NotProgrammed' : 'NotAccepted';
  if (isAccepted) return 'Served';
  return accepted ? 'NotAccepted' : 'ServedAsBefore';
}

function socketsOf(sets: readonly ListenerSet[]): string {
  const sockets = new Set(sets.flatMap((set) => set.spec.listeners.map(socketOf)));
  return [...sockets].sort(compareStrings).join(',');
}

function findParents(
  memo: TranslationMemo,
  sources: TranslationSources,
  gateways: readonly GatewayTranslation[],
): readonly Parent[] {
  return gateways.flatMap((translation) => {
    const gateway = sources.Gateway.get(objectKey(translation.gateway));
    if (gateway === undefined) return [];
    const choice = memo.track(chooseListenerSets, translation.name, sources, gateway);
    return choice.allowed.length + choice.refused.length === 0 ? [] : [{ translation, gateway, choice }];
  });
}

function takenPorts(
  memo: TranslationMemo,
  sources: TranslationSources,
  objects: readonly Gateway[],
  parents: readonly Parent[],
  options: TranslateOptions,
): ReadonlyMap<GatewayName, TakenPorts> {
  const wanted = new Map(
    parents.map(({ translation, gateway, choice }) => [gateway, memo.run(socketsOf, translation.name, choice.allowed)]),
  );
  const ports = memo.list(
    'ports of ListenerSets',
    objects.map((gateway) => wanted.get(gateway) ?? ''),
  );
  return memo.track(findTakenPortsOfSets, '', sources, objects, options, ports);
}

/** Takes plain values, so that equal conflicts are those of last time. */
function conflictsOf(...parts: readonly string[]): ListenerConflicts {
  const conflicts = new Map<string, { reason: string; message: string }>();
  for (let i = 0; i + 2 < parts.length; i += 3) {
    const [name = '', reason = '', message = ''] = parts.slice(i, i + 3);
    conflicts.set(name, { reason, message });
  }
  return conflicts;
}

function translateSetsOf(
  memo: TranslationMemo,
  sources: TranslationSources,
  { translation, gateway, choice }: Parent,
  options: TranslateOptions,
  taken: TakenPorts,
): readonly ListenerSetTranslation[] {
  const translateOne = (set: ListenerSet, state: ParentState, conflicts: ListenerConflicts) => {
    const key = objectKey(refOf(set));
    const flat = [...conflicts].flatMap(([name, { reason, message }]) => [name, reason, message]);
    const own = flat.length === 0 ? noConflicts : memo.run(conflictsOf, key, ...flat);
    return memo.track(translateListenerSet, key, sources, set, gateway, state, own, options, taken);
  };
  const state = stateOf(translation);
  const conflicts = memo.run(findListenerSetConflicts, translation.name, gateway, choice.allowed);
  const refused: ParentState = state === 'Egress' ? 'Egress' : 'NotAllowed';
  return memo.list(`${translation.name}#listenerSets`, [
    ...choice.allowed.map((set, index) => translateOne(set, state, conflicts[index] ?? noConflicts)),
    ...choice.refused.map((set) => translateOne(set, refused, noConflicts)),
  ]);
}

function indexByName(
  ...lists: readonly (readonly ListenerSetTranslation[])[]
): ReadonlyMap<string, ListenerSetTranslation> {
  return new Map(lists.flat().map((set) => [`${set.object.namespace}/${set.object.name}`, set]));
}

/** Translates every ListenerSet of `gateways`; `objects` are the Gateways of all classes. */
export function translateListenerSets(
  memo: TranslationMemo,
  sources: TranslationSources,
  objects: readonly Gateway[],
  gateways: readonly GatewayTranslation[],
  options: TranslateOptions,
): ListenerSets {
  if (sources.ListenerSet.size === 0) return noListenerSets;
  const parents = findParents(memo, sources, gateways);
  const taken = takenPorts(memo, sources, objects, parents, options);
  const ofGateway = new Map(
    parents.map((parent) => {
      const { name } = parent.translation;
      return [name, translateSetsOf(memo, sources, parent, options, taken.get(name) ?? noTakenPorts)];
    }),
  );
  return { byName: memo.run(indexByName, '', ...ofGateway.values()), ofGateway };
}

/** The look-up table of the sections that ListenerSets add to Gateways. */
export function indexSetSections(
  ...lists: readonly (readonly ListenerSetTranslation[])[]
): ReadonlyMap<string, Section> {
  return new Map(
    lists
      .flat()
      .flatMap(({ gateway, sections }) =>
        sections
          .filter(speaksHttp)
          .map((section) => [sectionKey(gateway, section.port, section.hostname), section] as const),
      ),
  );
}

function diagnoseStray(sources: TranslationSources, set: ListenerSet): readonly Diagnostic[] {
  const { group = gatewayGroup, kind = 'Gateway', name } = set.spec.parentRef;
  const namespace = set.spec.parentRef.namespace ?? set.metadata.namespace ?? 'default';
  const warn = (reason: string, message: string): readonly Diagnostic[] => [
    { severity: 'warning', reason, message, object: refOf(set), field: 'spec.parentRef' },
  ];
  if (group !== gatewayGroup || kind !== 'Gateway') {
    return warn('UnsupportedValue', `ListenerSets can't attach to ${kind} ${namespace}/${name}, only to Gateways.`);
  }
  // A Gateway that is there is one of another controller: nothing is to be said.
  if (sources.Gateway.has(objectKey({ kind: 'Gateway', namespace, name }))) return [];
  return warn('NoMatchingParent', `Gateway ${namespace}/${name} does not exist.`);
}

/** What is wrong with ListenerSets that have no Gateway of ours. */
export function diagnoseStrayListenerSets(
  sources: TranslationSources,
  { byName }: ListenerSets,
): readonly Diagnostic[] {
  return [...sources.ListenerSet.values()]
    .filter(({ metadata }) => !byName.has(`${metadata.namespace ?? 'default'}/${metadata.name}`))
    .flatMap((set) => diagnoseStray(sources, set));
}
