import type { Ingress, IngressClass } from '../../../gen/kubernetes/types.ts';
import { compareBy, compareStrings } from '../../lib/order.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Collection } from '../../snapshot/snapshot.ts';
import { implicitClassName, ingressGateway, type GatewayRef } from './implicit-gateway.ts';
import type { TranslateOptions } from '../options.ts';

const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class';
const classAnnotation = 'kubernetes.io/ingress.class';

type ClassState =
  | { readonly kind: 'Ours'; readonly gateway: GatewayRef }
  | { readonly kind: 'Foreign' }
  | { readonly kind: 'Unusable'; readonly why: string };

/** Every IngressClass by its name, and the one that serves Ingresses which name none. */
export interface IngressClasses {
  readonly byName: ReadonlyMap<string, ClassState>;
  readonly defaultName?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** What becomes of an Ingress: served by a Gateway, left to others, or ours but with a class that can't be used. */
export type IngressClassChoice =
  | { readonly kind: 'Ours'; readonly className: string; readonly gateway: GatewayRef }
  | { readonly kind: 'NotOurs'; readonly why: string }
  | { readonly kind: 'NoClass' }
  | { readonly kind: 'Unusable'; readonly className: string; readonly why: string };

function readGateway(ingressClass: IngressClass): ClassState {
  const parameters = ingressClass.spec?.parameters;
  if (parameters === undefined) return { kind: 'Ours', gateway: ingressGateway };
  const { apiGroup, kind, name, namespace, scope } = parameters;
  if (apiGroup !== 'gateway.networking.k8s.io' || kind !== 'Gateway') {
    return {
      kind: 'Unusable',
      why: `spec.parameters names a ${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}; only a Gateway of gateway.networking.k8s.io can carry Ingresses`,
    };
  }
  if (scope !== 'Namespace' || namespace === undefined || namespace === '') {
    return {
      kind: 'Unusable',
      why: 'spec.parameters names a Gateway, which has a namespace: set scope to Namespace and namespace to its own',
    };
  }
  return { kind: 'Ours', gateway: { namespace, name } };
}

const newestFirst = compareBy<IngressClass>(
  (a, b) => compareStrings(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? ''),
  (a, b) => compareStrings(a.metadata.name, b.metadata.name),
);

function severalDefaults(losers: readonly IngressClass[], winner: string): readonly Diagnostic[] {
  return losers.map((loser) => ({
    severity: 'warning',
    reason: 'SeveralDefaultClasses',
    message: `IngressClass ${winner} is marked as the default too and is the one used; take the annotation ${defaultAnnotation} off all but one.`,
    object: refOf(loser),
    field: `metadata.annotations['${defaultAnnotation}']`,
  }));
}

/**
 * Reads all IngressClasses. Of several that are marked as the default, whoever controls them, the newest counts and
 * then the first by name, so that never two controllers serve one Ingress.
 */
export function readIngressClasses(collection: Collection<'IngressClass'>, options: TranslateOptions): IngressClasses {
  const byName = new Map<string, ClassState>();
  const diagnostics: Diagnostic[] = [];
  if (options.implicitIngress) byName.set(implicitClassName, { kind: 'Ours', gateway: ingressGateway });
  const sorted = [...collection.values()].sort((a, b) => compareStrings(a.metadata.name, b.metadata.name));
  for (const ingressClass of sorted) {
    const ours = ingressClass.spec?.controller === options.controllerName;
    const state: ClassState = ours ? readGateway(ingressClass) : { kind: 'Foreign' };
    byName.set(ingressClass.metadata.name, state);
    if (state.kind !== 'Unusable') continue;
    diagnostics.push({
      severity: 'error',
      reason: 'InvalidParameters',
      message: `${state.why}. No Ingress of this class is served.`,
      object: refOf(ingressClass),
      field: 'spec.parameters',
    });
  }
  const [first, ...others] = sorted
    .filter((ingressClass) => ingressClass.metadata.annotations?.[defaultAnnotation] === 'true')
    .sort(newestFirst);
  if (first === undefined) return { byName, diagnostics };
  diagnostics.push(...severalDefaults(others, first.metadata.name));
  return { byName, defaultName: first.metadata.name, diagnostics };
}

/**
 * Selects by spec.ingressClassName; where that is absent by the old annotation, which takes the name of an
 * IngressClass; where both are absent by the default class. An empty class name is a name that no class has.
 */
export function chooseIngressClass(ingress: Ingress, classes: IngressClasses): IngressClassChoice {
  const named = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.[classAnnotation];
  const className = named ?? classes.defaultName;
  if (className === undefined) return { kind: 'NoClass' };
  const state = classes.byName.get(className);
  if (state === undefined) return { kind: 'NotOurs', why: `There is no IngressClass ${className}.` };
  switch (state.kind) {
    case 'Ours':
      return { kind: 'Ours', className, gateway: state.gateway };
    case 'Unusable':
      return { kind: 'Unusable', className, why: state.why };
    case 'Foreign':
      return { kind: 'NotOurs', why: `IngressClass ${className} belongs to another controller.` };
  }
}
