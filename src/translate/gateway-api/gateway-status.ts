import type { Gateway, ListenerSet } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker, unsupportedFieldsType } from './condition.ts';
import { defaultScopeOf } from './default-gateway.ts';
import { isInsecureFallback } from './frontend-tls.ts';
import type { ListenerTranslation } from './listener.ts';

/** What decides on the conditions of a Gateway. */
export interface GatewaySummary {
  readonly refusal: Problem | undefined;
  readonly unusable: Problem | undefined;
  readonly clientCertificate: Problem | undefined;
  readonly listeners: readonly ListenerTranslation[];
}

function names(listeners: readonly ListenerTranslation[]): string {
  return listeners.map((listener) => listener.name).join(', ');
}

function acceptedCondition(gateway: Gateway, { refusal, listeners }: GatewaySummary): Condition {
  const { yes, no } = createConditionMaker(gateway);
  if (refusal !== undefined) return no('Accepted', refusal);
  const refused = listeners.filter((listener) => !listener.accepted);
  if (refused.length === 0) return yes('Accepted', 'Accepted', 'The Gateway is valid.');
  if (refused.length === listeners.length) {
    return no('Accepted', { reason: 'ListenersNotValid', message: `No listener is valid: ${names(refused)}.` });
  }
  const accepted = listeners.filter((listener) => listener.accepted);
  const message = `Not valid: listener ${names(refused)}. Accepted: ${names(accepted)}.`;
  return yes('Accepted', 'ListenersNotValid', message);
}

function isProgrammed(listener: ListenerTranslation): boolean {
  return listener.conditions.some((condition) => condition.type === 'Programmed' && condition.status === 'True');
}

function programmedCondition(gateway: Gateway, summary: GatewaySummary): Condition {
  const { yes, no } = createConditionMaker(gateway);
  if (summary.refusal !== undefined) {
    return no('Programmed', { reason: 'Invalid', message: summary.refusal.message });
  }
  if (summary.unusable !== undefined) return no('Programmed', summary.unusable);
  const idle = summary.listeners.filter((listener) => !isProgrammed(listener));
  if (idle.length === summary.listeners.length) {
    return no('Programmed', { reason: 'Invalid', message: `No listener can be served: ${names(idle)}.` });
  }
  const message = idle.length === 0 ? 'All listeners are served.' : `Served, apart from listener ${names(idle)}.`;
  return yes('Programmed', 'Programmed', message);
}

function resolvedRefsCondition(gateway: Gateway, summary: GatewaySummary): Condition {
  const { yes, no } = createConditionMaker(gateway);
  if (summary.clientCertificate !== undefined) return no('ResolvedRefs', summary.clientCertificate);
  const unresolved = summary.listeners.filter((listener) =>
    listener.conditions.some((condition) => condition.type === 'ResolvedRefs' && condition.status === 'False'),
  );
  if (unresolved.length === 0) return yes('ResolvedRefs', 'ResolvedRefs', 'All references can be used.');
  const message = `References of listener ${names(unresolved)} can't be used.`;
  return no('ResolvedRefs', { reason: 'ListenersNotResolved', message });
}

/** The conditions of a Gateway (GatewayStatus.conditions). */
export function gatewayConditions(
  gateway: Gateway,
  summary: GatewaySummary,
  unsupported: readonly Problem[],
): readonly Condition[] {
  const { yes } = createConditionMaker(gateway);
  const conditions = [
    acceptedCondition(gateway, summary),
    programmedCondition(gateway, summary),
    resolvedRefsCondition(gateway, summary),
  ];
  const scope = defaultScopeOf(gateway);
  if (scope !== undefined) {
    const message = `Routes with useDefaultGateways ${scope} attach without naming the Gateway.`;
    conditions.push(yes('DefaultGateway', 'DefaultGateway', message));
  }
  if (isInsecureFallback(gateway)) {
    const message = 'Clients without a valid certificate are let in (AllowInsecureFallback).';
    conditions.push(yes('InsecureFrontendValidationMode', 'ConfigurationChanged', message));
  }
  if (unsupported.length > 0) {
    const message = unsupported.map((problem) => problem.message).join(' ');
    conditions.push(yes(unsupportedFieldsType, 'UnsupportedValue', message));
  }
  return conditions;
}

const negative: ReadonlySet<string> = new Set(['Conflicted', 'OverlappingTLSConfig']);

/** What is wrong with the listeners of a Gateway or a ListenerSet, from their conditions. */
export function diagnoseListeners(
  owner: Gateway | ListenerSet,
  listeners: readonly ListenerTranslation[],
): readonly Diagnostic[] {
  const object = refOf(owner);
  const diagnostics: Diagnostic[] = [];
  listeners.forEach((listener, index) => {
    for (const { type, status, reason, message } of listener.conditions) {
      // Programmed says nothing that Accepted and ResolvedRefs do not.
      if (status !== 'False' || type === 'Programmed' || negative.has(type)) continue;
      diagnostics.push({ severity: 'error', reason, message, object, field: `spec.listeners[${index}]` });
    }
  });
  return diagnostics;
}

/** What is wrong with a Gateway and its listeners, from their conditions. */
export function diagnoseGateway(
  gateway: Gateway,
  listeners: readonly ListenerTranslation[],
  own: readonly Condition[],
): readonly Diagnostic[] {
  const object = refOf(gateway);
  const diagnostics: Diagnostic[] = [];
  for (const { type, status, reason, message } of own) {
    if (type === unsupportedFieldsType || type === 'InsecureFrontendValidationMode') {
      diagnostics.push({ severity: 'warning', reason, message, object, field: 'spec' });
    } else if (status === 'False' && reason !== 'ListenersNotResolved' && reason !== 'Invalid') {
      diagnostics.push({ severity: 'error', reason, message, object, field: 'spec' });
    }
  }
  return [...diagnostics, ...diagnoseListeners(gateway, listeners)];
}
