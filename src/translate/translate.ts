import type { Gateway } from '../../gen/kubernetes/types.ts';
import type { GatewayIr } from '../ir/ir.ts';
import { gatewayName, type GatewayName } from '../ir/name.ts';
import type { Memo } from '../lib/memo.ts';
import { lazy } from '../lib/lazy.ts';
import { compareStrings } from '../lib/order.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import { getObject } from '../snapshot/snapshot.ts';
import { describeRef, objectKey, refOf } from '../snapshot/object.ts';
import type { View } from '../snapshot/view.ts';
import { translateEgressDirection, type EgressDirection, type EgressGatewayIr } from './egress/direction.ts';
import { indexDefaultGateways } from './gateway-api/default-gateway.ts';
import { translateGatewayClass } from './gateway-api/gateway-class.ts';
import { translateGateway, type GatewayTranslation } from './gateway-api/gateway.ts';
import { lossesOfListeners } from './gateway-api/listener-loss.ts';
import { gatewayAsParent } from './gateway-api/listener-parent.ts';
import type { RouteTranslation } from './gateway-api/route.ts';
import { findTakenPorts, noTakenPorts } from './gateway-api/taken-port.ts';
import { gatherParts } from './gather.ts';
import { translateGatewayParts, type TranslatedGateway } from './gateway.ts';
import { implicitIngressGateway, ingressDefaultCertificate, ingressGateway } from './ingress/implicit-gateway.ts';
import { translateIngresses, wantsIngressGateway, type IngressesTranslation } from './ingress/ingresses.ts';
import {
  diagnoseStrayListenerSets,
  indexSetSections,
  type ListenerSets,
  translateListenerSets,
} from './listener-sets.ts';
import type { TranslateOptions } from './options.ts';
import { refOfOrigin } from './origin.ts';
import { nothingLeftOut, type Quarantine } from './quarantine.ts';
import { tellRefusedEndpoints } from './refused-endpoints.ts';
import { translateRoutes } from './routes.ts';
import { nothingTranslated, type TranslationSources } from './sources.ts';
import { assembleStatuses, diagnoseQuarantine, judgeRoutes, translatePolicies, type Translated } from './statuses.ts';
import type { OwnGateway, Translation } from './translation.ts';

type TranslationMemo = Memo<TranslationSources>;

function byGatewayName(gateways: readonly GatewayTranslation[]): ReadonlyMap<GatewayName, GatewayTranslation> {
  return new Map(gateways.map((gateway) => [gateway.name, gateway]));
}

/** Gives a folder with an Ingress and no Gateway for it the one that such an Ingress expects. */
function withImplicitGateway(
  memo: TranslationMemo,
  sources: TranslationSources,
  options: TranslateOptions,
): TranslationSources {
  const { namespace, name } = ingressGateway;
  const key = objectKey({ kind: 'Gateway', namespace, name });
  if (!options.implicitIngress || sources.Gateway.has(key) || !wantsIngressGateway(memo, sources, options))
    return sources;
  const secret = getObject({ collections: sources }, 'Secret', namespace, ingressDefaultCertificate);
  const gateway = memo.run(implicitIngressGateway, '', options, secret !== undefined);
  return { ...sources, Gateway: new Map(sources.Gateway).set(key, gateway) };
}

function translateGateways(
  memo: TranslationMemo,
  sources: TranslationSources,
  objects: readonly Gateway[],
  options: TranslateOptions,
): readonly GatewayTranslation[] {
  const gateways: GatewayTranslation[] = [];
  const taken = memo.track(findTakenPorts, '', sources, objects, options);
  for (const [key, gateway] of sources.Gateway) {
    const name = gatewayName(gateway.metadata.namespace ?? 'default', gateway.metadata.name);
    const translated = memo.track(translateGateway, key, sources, gateway, options, taken.get(name) ?? noTakenPorts);
    if (translated !== undefined) gateways.push(translated);
  }
  return gateways.sort((a, b) => compareStrings(a.name, b.name));
}

function diagnoseShadowed({ ir, shadowed }: TranslatedGateway): readonly Diagnostic[] {
  return shadowed.map(({ loser, loserRoute, winner, domain }) => ({
    severity: 'warning',
    reason: 'SameMatch',
    message: `${loserRoute} gets no request for ${domain} on Gateway ${ir.name}: ${describeRef(refOfOrigin(winner))} has the same match and is older, or first by name.`,
    object: refOfOrigin(loser),
  }));
}

/** An egress Gateway needs no clusters or route tables of its own: its listeners bring them. */
function egressIr({ name, listeners, secrets }: EgressGatewayIr): GatewayIr {
  return { name, listeners, routeTables: [], clusters: [], endpoints: [], secrets };
}

/**
 * Translates everything. It is pure; `memo` makes it incremental: a step whose inputs and look-ups are the same as
 * last time is not run again.
 */
export function translate(
  memo: TranslationMemo,
  view: View,
  options: TranslateOptions,
  quarantine: Quarantine,
): Translation {
  const base = withImplicitGateway(memo, { ...view, ...nothingTranslated }, options);
  const objects = memo.list('gateway objects', [...base.Gateway.values()]);
  const all = translateGateways(memo, base, objects, options);
  const listenerSets = translateListenerSets(memo, base, objects, all, options);
  const gateways = memo.list(
    'gateways',
    all.filter((gateway) => gateway.role === 'Ingress'),
  );
  const sources: TranslationSources = {
    ...base,
    gateways: memo.run(byGatewayName, '', gateways),
    defaultGateways: memo.run(indexDefaultGateways, '', gateways),
    listenerSets: listenerSets.byName,
    listenerSetSections:
      base.Ingress.size === 0 ? new Map() : memo.run(indexSetSections, '', ...listenerSets.ofGateway.values()),
  };
  const routes = translateRoutes(memo, sources, options);
  const ingresses = translateIngresses(memo, sources, options);
  const egress = translateEgressDirection(memo, sources, options, options.egress, quarantine);
  const translated = gatherParts(memo, gateways, listenerSets, routes, ingresses).map((parts) =>
    translateGatewayParts(memo, sources, parts, options, quarantine.get(parts.name) ?? nothingLeftOut),
  );
  const irs = [
    ...translated.map((gateway) => gateway.ir),
    ...egress.gateways.map((gateway) => memo.run(egressIr, gateway.name, gateway)),
  ];
  const ir = {
    gateways: memo.list(
      'ir',
      irs.toSorted((a, b) => compareStrings(a.name, b.name)),
    ),
  };
  return tell(
    memo,
    view,
    sources,
    { ir, all, gateways, listenerSets, routes, ingresses, egress, translated },
    options,
    quarantine,
  );
}

/** Everything that was made, for those who ask what became of it. */
interface Made {
  readonly ir: Translation['ir'];
  readonly all: readonly GatewayTranslation[];
  readonly gateways: readonly GatewayTranslation[];
  readonly listenerSets: ListenerSets;
  readonly routes: readonly RouteTranslation[];
  readonly ingresses: IngressesTranslation;
  readonly egress: EgressDirection;
  readonly translated: readonly TranslatedGateway[];
}

function ownGateway({ name, gateway, accepted, template }: GatewayTranslation): OwnGateway {
  return { name, gateway, accepted, template };
}

/**
 * What is for people is made when it is asked for: traffic does not wait for words. Routes alone are judged at once, as
 * only from last time's does that cost next to nothing.
 */
function tell(
  memo: TranslationMemo,
  view: View,
  sources: TranslationSources,
  { ir, all, gateways, listenerSets, routes, ingresses, egress, translated }: Made,
  options: TranslateOptions,
  quarantine: Quarantine,
): Translation {
  const told = tellRefusedEndpoints(routes, translated);
  const classes = lazy(() => translateClasses(memo, sources, options));
  const judged = judgeRoutes(memo, told, quarantine);
  const objects = lazy(() => ({ gateways, listenerSets, routes: told, judged, ingresses, classes: classes() }));
  const sets = [...listenerSets.byName.values()];
  const policies = lazy(() => translatePolicies(memo, sources, objects(), options));
  const statuses = lazy(() =>
    assembleStatuses(memo, sources, options, objects(), policies(), quarantine, egress.statuses),
  );
  const diagnostics = lazy(() => [
    ...classes().flatMap((entry) => entry.diagnostics),
    ...gateways.flatMap((gateway) => gateway.diagnostics),
    ...sets.flatMap((set) => set.diagnostics),
    ...diagnoseStrayListenerSets(sources, listenerSets),
    ...told.flatMap((route) => route.diagnostics),
    ...ingresses.diagnostics,
    ...translated.flatMap((gateway) => [...gateway.diagnostics, ...diagnoseShadowed(gateway)]),
    ...egress.diagnostics,
    ...policies().diagnostics,
    ...diagnoseQuarantine(quarantine),
  ]);
  const certificates = lazy(() => [
    ...all.flatMap((gateway) => gateway.certificates),
    ...sets.flatMap((set) => set.certificates),
    ...ingresses.certificates,
  ]);
  const losses = lazy(() => [
    ...[...gateways.map(gatewayAsParent), ...sets].flatMap(lossesOfListeners),
    ...routes.flatMap((route) => route.losses),
    ...ingresses.losses,
  ]);
  return {
    ir,
    gateways: all.map(ownGateway),
    get statuses() {
      return statuses();
    },
    get diagnostics() {
      return diagnostics();
    },
    get certificates() {
      return certificates();
    },
    get losses() {
      return losses();
    },
  };
}

function translateClasses(
  memo: TranslationMemo,
  sources: TranslationSources,
  options: TranslateOptions,
): Translated['classes'] {
  return [...sources.GatewayClass].flatMap(([key, gatewayClass]) => {
    const status = memo.track(translateGatewayClass, key, sources, gatewayClass, options);
    return status === undefined ? [] : [{ ref: refOf(gatewayClass), ...status }];
  });
}
