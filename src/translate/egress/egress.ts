import type { Egress } from '../../../gen/kubernetes/types.ts';
import type { GatewayName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Problem } from '../../resolve/problem.ts';
import { checkLabelSelector } from '../../resolve/label-selector.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { describeRef, type ObjectRef, refOf, unreadableOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import { gatewayGroup, isNamespaceAllowed } from '../gateway-api/allowed-routes.ts';
import { createConditionMaker, mergeProblems } from '../gateway-api/condition.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition } from '../translation.ts';
import type { EgressGateway, EgressSection } from './gateway.ts';
import { type ParsedRule, parseRule, type RuleOutcome } from './rule.ts';
import { objectionToServerName } from './server-name.ts';
import { deniedRangesOf } from './target.ts';

/** The status of an Egress in the eyes of one Gateway. */
interface EgressParent {
  readonly parentRef: {
    readonly group: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** All that an Egress comes to. */
export interface EgressTranslation {
  readonly egress: Egress;
  readonly ref: ObjectRef;
  readonly rules: readonly ParsedRule[];
  readonly secrets: readonly TlsSecret[];
  /** The listeners that carry it, by Gateway. */
  readonly sections: readonly { readonly gateway: GatewayName; readonly section: string }[];
  readonly status: { readonly conditions: readonly Condition[]; readonly parents: readonly EgressParent[] };
  readonly diagnostics: readonly Diagnostic[];
}

/** The Gateways that an Egress is meant for, whether they take it or not. */
function candidates(egress: Egress, gateways: readonly EgressGateway[]): readonly EgressGateway[] {
  const { gatewayRef } = egress.spec;
  if (gatewayRef === undefined) return gateways;
  const namespace = gatewayRef.namespace ?? egress.metadata.namespace ?? 'default';
  return gateways.filter(({ gateway }) => gateway.name === gatewayRef.name && gateway.namespace === namespace);
}

function takesEgress(gateway: EgressGateway, section: EgressSection): boolean {
  return gateway.listeners.some((listener) => listener.name === section.name && listener.supportedKinds.length > 0);
}

function sectionsFor(read: Read, egress: ObjectRef, gateway: EgressGateway): readonly EgressSection[] {
  return gateway.sections.filter(
    (section) =>
      takesEgress(gateway, section) &&
      isNamespaceAllowed(read, section.namespaces, gateway.gateway.namespace, egress.namespace),
  );
}

interface Findings {
  readonly accepted: Problem | undefined;
  readonly resolved: Problem | undefined;
}

const refReasons: ReadonlySet<string> = new Set([
  'InvalidKind',
  'InvalidCACertificateRef',
  'InvalidClientCertificateRef',
  'RefNotPermitted',
]);

/** Joins what is wrong with the rules: references on one side, all else on the other. */
function findingsOf(diagnostics: readonly Diagnostic[], unreadable: string | undefined): Findings {
  if (unreadable !== undefined) {
    const message = `${unreadable} It allows nothing, and denies what can be read of its Deny rules.`;
    return { accepted: { reason: 'UnsupportedValue', message }, resolved: undefined };
  }
  const describe = (entry: Diagnostic): Problem => ({
    reason: entry.reason,
    message: `${entry.field ?? 'spec'}: ${entry.message}`,
  });
  const errors = diagnostics.filter((entry) => entry.severity === 'error');
  const [ref, ...refs] = errors.filter((entry) => refReasons.has(entry.reason)).map(describe);
  const [other, ...others] = errors.filter((entry) => !refReasons.has(entry.reason)).map(describe);
  const accepted = other === undefined ? undefined : mergeProblems(other, others);
  return {
    accepted:
      accepted === undefined ? undefined : { ...accepted, message: `${accepted.message} The other rules hold.` },
    resolved: ref === undefined ? undefined : mergeProblems(ref, refs),
  };
}

function baseConditions(egress: Egress, findings: Findings): readonly Condition[] {
  const { yes, no } = createConditionMaker(egress);
  // Its references were not looked at.
  if (unreadableOf(egress) !== undefined && findings.accepted !== undefined) return [no('Accepted', findings.accepted)];
  return [
    findings.accepted === undefined
      ? yes('Accepted', 'Accepted', 'All rules are understood.')
      : no('Accepted', findings.accepted),
    findings.resolved === undefined
      ? yes('ResolvedRefs', 'ResolvedRefs', 'All references can be used.')
      : no('ResolvedRefs', {
          ...findings.resolved,
          message: `${findings.resolved.message} What those rules would allow is denied.`,
        }),
  ];
}

/** Nothing keeps a pod from calling without the gateway yet. */
function enforced(egress: Egress): Condition {
  const message =
    'Calls through the gateway follow the rules, but nothing keeps the selected pods from calling past it; a NetworkPolicy can.';
  return createConditionMaker(egress).no('Enforced', { reason: 'NotSupported', message });
}

function parentOf(
  egress: Egress,
  gateway: EgressGateway,
  findings: Findings,
  carried: boolean,
  options: TranslateOptions,
): EgressParent {
  const { yes, no } = createConditionMaker(egress);
  const { namespace, name } = gateway.gateway;
  const notAllowed = {
    reason: 'NotAllowedByListeners',
    message: `No listener of ${describeRef(gateway.gateway)} allows this namespace.`,
  };
  return {
    parentRef: { group: gatewayGroup, kind: 'Gateway', namespace, name },
    controllerName: options.controllerName,
    conditions: carried
      ? [...baseConditions(egress, findings), yes('Programmed', 'Programmed', 'The Gateway carries this Egress.')]
      : [no('Accepted', notAllowed), no('Programmed', { reason: 'Invalid', message: notAllowed.message })],
  };
}

/** What holds in one place and not in another, and what has less effect than it seems to. */
function warnings(
  ref: ObjectRef,
  rules: readonly ParsedRule[],
  sections: readonly EgressSection[],
): readonly Diagnostic[] {
  const denied = deniedRangesOf(rules);
  const found: Diagnostic[] = [];
  for (const rule of rules) {
    if (rule.action === 'Deny') continue;
    const field = `spec.rules[${rule.index}]`;
    if (rule.destinations.some(({ ranges }) => ranges.some((range) => range.family === 6 && range.length < 128))) {
      const message =
        'IPv6 addresses can be called one by one only; a range says where names of the same entry may resolve to.';
      found.push({ severity: 'warning', reason: 'PartlyServed', message, object: ref, field });
    }
    for (const section of sections) {
      if (section.kind !== 'ServerName') continue;
      const at = rule.destinations.some(
        ({ hosts, ports }) => hosts.length > 0 && ports.some((entry) => entry.port === section.port),
      );
      const objection = objectionToServerName(rule, section.port, denied);
      if (!at || objection === undefined) continue;
      const message = `Listener ${section.name} passes TLS through and can't keep ${objection}, so the rule's hosts are denied there.`;
      found.push({ severity: 'warning', reason: 'PartlyServed', message, object: ref, field });
    }
  }
  return found;
}

function parseRules(
  read: Read,
  egress: Egress,
): { readonly outcomes: readonly RuleOutcome[]; readonly diagnostics: readonly Diagnostic[] } {
  const outcomes = egress.spec.rules.map((rule, index) => parseRule(read, egress, rule, index));
  const diagnostics = outcomes.flatMap((outcome) => outcome.diagnostics);
  const { podSelector } = egress.spec.from;
  const objection = podSelector === undefined ? undefined : checkLabelSelector(podSelector);
  if (objection === undefined) return { outcomes, diagnostics };
  const message = `podSelector can't be used, so no pod is selected: ${objection}.`;
  return {
    outcomes,
    diagnostics: [
      { severity: 'error', reason: 'UnsupportedValue', message, object: refOf(egress), field: 'spec.from.podSelector' },
      ...diagnostics,
    ],
  };
}

/** Translates an Egress against the egress Gateways that are there. */
export function translateEgress(
  read: Read,
  egress: Egress,
  gateways: readonly EgressGateway[],
  options: TranslateOptions,
): EgressTranslation {
  const ref = refOf(egress);
  const { outcomes, diagnostics } = parseRules(read, egress);
  const rules = outcomes.map((outcome) => outcome.rule);
  const findings = findingsOf(diagnostics, unreadableOf(egress));
  const meant = candidates(egress, gateways).map((gateway) => ({ gateway, carried: sectionsFor(read, ref, gateway) }));
  const carrying = meant.filter(({ carried }) => carried.length > 0);
  // A Gateway that somebody named says so where it does not take the Egress; of all others only those that take it speak.
  const shown = egress.spec.gatewayRef === undefined ? carrying : meant;
  const missing: Problem = {
    reason: 'NoMatchingParent',
    message:
      egress.spec.gatewayRef === undefined
        ? 'No Gateway of class sallyport-egress allows this namespace.'
        : `gatewayRef names no Gateway of class sallyport-egress that allows this namespace.`,
  };
  const withParent: Findings =
    carrying.length === 0 ? { ...findings, accepted: findings.accepted ?? missing } : findings;
  const noParent: readonly Diagnostic[] =
    carrying.length === 0 ? [{ severity: 'error', ...missing, object: ref, field: 'spec.gatewayRef' }] : [];
  return {
    egress,
    ref,
    rules,
    secrets: outcomes.flatMap((outcome) => outcome.origination?.secrets ?? []),
    sections: carrying.flatMap(({ gateway, carried }) =>
      carried.map((section) => ({ gateway: gateway.name, section: section.name })),
    ),
    status: {
      conditions: [...baseConditions(egress, withParent), enforced(egress)],
      parents: shown.map(({ gateway, carried }) => parentOf(egress, gateway, findings, carried.length > 0, options)),
    },
    diagnostics: [
      ...diagnostics,
      ...noParent,
      ...warnings(
        ref,
        rules,
        carrying.flatMap(({ carried }) => carried),
      ),
    ],
  };
}
