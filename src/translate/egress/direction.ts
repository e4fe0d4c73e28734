import type { EgressCaller, EgressListener, EgressTarget, ServerNameListener } from '../../ir/egress.ts';
import { gatewayName, listenerName, originOf, type GatewayName, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { type IpRange, parseIpRange } from '../../lib/ip-range.ts';
import type { Memo } from '../../lib/memo.ts';
import { compareStrings } from '../../lib/order.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { objectKey } from '../../snapshot/object.ts';
import { findTakenPorts, noTakenPorts } from '../gateway-api/taken-port.ts';
import { conditionsAt, findReach } from '../reach.ts';
import type { GatewayReach } from '../gateway-api/gateway-reach.ts';
import type { TranslateOptions } from '../options.ts';
import { type LeftOut, nothingLeftOut, type Quarantine } from '../quarantine.ts';
import type { TranslationSources } from '../sources.ts';
import type { Condition, ObjectStatus } from '../translation.ts';
import { assembleCallers, callersOfNamespace } from './caller.ts';
import { type EgressTranslation, translateEgress } from './egress.ts';
import { type EgressGateway, type EgressSection, translateEgressGateway } from './gateway.ts';
import type { EgressOptions } from './options.ts';
import type { ParsedRule } from './rule.ts';
import { assembleServerNames } from './server-name.ts';
import { assembleTargets, createTargetAssembler } from './target.ts';

/** One egress Gateway, ready to be built. */
export interface EgressGatewayIr {
  readonly name: GatewayName;
  readonly listeners: readonly EgressListener[];
  readonly secrets: readonly TlsSecret[];
}

/** All that the snapshot says on egress. */
export interface EgressDirection {
  readonly gateways: readonly EgressGatewayIr[];
  readonly egresses: readonly EgressTranslation[];
  /** Of Gateways of the egress class and of Egress objects. */
  readonly statuses: readonly ObjectStatus[];
  readonly diagnostics: readonly Diagnostic[];
}

function parseGuard(options: EgressOptions): readonly IpRange[] {
  return options.guardedRanges.map((text) => {
    const range = parseIpRange(text);
    if (!range.ok) throw new Error(`guardedRanges: ${range.error}`);
    return range.value;
  });
}

/**
 * A rule of an object that Envoy refuses. What it would allow is refused, and what it denies it still denies, without
 * the conditions that Envoy may have stumbled over.
 */
function withheld(rule: ParsedRule, why: string | undefined): ParsedRule {
  const { originate: _, rateLimit: __, retry: ___, ...rest } = rule;
  if (rule.action === 'Deny') return { ...rest, requests: [] };
  return { ...rest, requests: [], refusal: `Envoy refuses its configuration${why === undefined ? '' : `: ${why}`}` };
}

function rulesOf(egress: EgressTranslation, out: LeftOut, missing: ReadonlySet<SecretName>): readonly ParsedRule[] {
  const origin = originOf(objectKey(egress.ref));
  if (out.has(origin)) return egress.rules.map((rule) => withheld(rule, out.get(origin)));
  if (missing.size === 0) return egress.rules;
  return egress.rules.map((rule) => {
    const { ca, clientCertificate } = rule.originate ?? {};
    const gone =
      (ca?.kind === 'Bundle' && missing.has(ca.secret)) ||
      (clientCertificate !== undefined && missing.has(clientCertificate));
    return gone ? withheld(rule, undefined) : rule;
  });
}

/** What a listener is made of, beside its address. */
type Content =
  | { readonly kind: 'ForwardProxy'; readonly targets: readonly EgressTarget[] }
  | ({ readonly kind: 'ServerName' } & Pick<ServerNameListener, 'rules' | 'upstream' | 'chains'>);

function forwardProxyContent(targets: readonly EgressTarget[]): Content {
  return { kind: 'ForwardProxy', targets };
}

function serverNameContent(rules: readonly ParsedRule[], guard: readonly IpRange[], port: number): Content {
  return { kind: 'ServerName', ...assembleServerNames(rules, guard, port) };
}

function makeListener(
  gateway: EgressGateway,
  section: EgressSection,
  address: string,
  content: Content,
  callers: readonly EgressCaller[],
  options: TranslateOptions,
  egress: EgressOptions,
): EgressListener {
  const base = {
    name: listenerName('egress', address, section.port),
    bind: { address, port: section.port + options.portOffset },
    port: section.port,
    origins: [gateway.origin],
    callers,
    longestTunnelMs: egress.longestTunnelMs,
    ...(egress.resolver === undefined ? {} : { resolver: egress.resolver }),
  };
  return content.kind === 'ForwardProxy'
    ? { ...base, ...content, certificates: section.certificates }
    : { ...base, ...content };
}

function nameOf(translation: EgressTranslation): string {
  return `${translation.ref.namespace}/${translation.ref.name}`;
}

interface Context {
  readonly memo: Memo<TranslationSources>;
  readonly sources: TranslationSources;
  readonly options: TranslateOptions;
  readonly egressOptions: EgressOptions;
  readonly egresses: readonly EgressTranslation[];
  readonly diagnostics: Diagnostic[];
}

/** The callers of all namespaces that have an Egress on a section. */
function callersAt(
  { memo, sources, diagnostics }: Context,
  key: string,
  attached: readonly EgressTranslation[],
  all: readonly EgressTranslation[],
) {
  const namespaces = [...new Set(attached.map((entry) => entry.ref.namespace))].sort(compareStrings);
  const lists = namespaces.map((namespace) => {
    const egresses = memo.list(
      `egress/of/${namespace}`,
      all.filter((entry) => entry.ref.namespace === namespace).map((entry) => entry.egress),
    );
    const pods = memo.list(`egress/pods/${namespace}`, sources.podsOfNamespace.get(namespace) ?? []);
    return memo.run(callersOfNamespace, namespace, pods, egresses);
  });
  const assembled = memo.run(assembleCallers, key, memo.list(`egress/callers/${key}`, lists));
  diagnostics.push(...assembled.diagnostics);
  return assembled.callers;
}

function translateSection(
  context: Context,
  gateway: EgressGateway,
  section: EgressSection,
  out: LeftOut,
  missing: ReadonlySet<SecretName>,
) {
  const { memo, options, egressOptions, egresses } = context;
  const key = `${gateway.name}#${section.name}`;
  const attached = egresses.filter((entry) =>
    entry.sections.some((at) => at.gateway === gateway.name && at.section === section.name),
  );
  const rules = attached.flatMap((entry) =>
    memo.list(`egress/rules/${key}/${nameOf(entry)}`, rulesOf(entry, out, missing)),
  );
  const guard = memo.run(parseGuard, 'egress/guard', egressOptions);
  const kept = memo.list(`egress/rules/${key}`, rules);
  const content =
    section.kind === 'ForwardProxy'
      ? memo.run(
          forwardProxyContent,
          key,
          memo.run(assembleTargets, key, memo.run(createTargetAssembler, key), kept, guard),
        )
      : memo.run(serverNameContent, key, kept, guard, section.port);
  const callers = callersAt(context, key, attached, egresses);
  const listeners = gateway.addresses.map((address) =>
    memo.run(makeListener, `${key}@${address}`, gateway, section, address, content, callers, options, egressOptions),
  );
  return { listeners, attached };
}

function statusOfGateway(gateway: EgressGateway, reach: GatewayReach, ...attached: readonly number[]): ObjectStatus {
  return {
    ref: gateway.gateway,
    status: {
      addresses: reach.addresses,
      conditions: conditionsAt(reach, gateway.conditions),
      listeners: gateway.listeners.map((listener, index) => ({ ...listener, attachedRoutes: attached[index] ?? 0 })),
    },
  };
}

function statusOfEgress(translation: EgressTranslation): ObjectStatus {
  return { ref: translation.ref, status: translation.status };
}

function refuse(condition: Condition, message: string): Condition {
  if (condition.type !== 'Accepted') return condition;
  return {
    ...condition,
    status: 'False',
    reason: 'UnsupportedValue',
    message: `Envoy refuses it, and all that it allows is denied: ${message}`,
  };
}

/** What Envoy refuses is not accepted, whatever translation thought of it. */
function refusedStatus({ ref, status }: EgressTranslation, quarantine: Quarantine): ObjectStatus | undefined {
  const origin = originOf(objectKey(ref));
  const messages = status.parents.map(({ parentRef }) =>
    quarantine.get(gatewayName(parentRef.namespace, parentRef.name))?.get(origin),
  );
  const first = messages.find((message) => message !== undefined);
  if (first === undefined) return undefined;
  const parents = status.parents.map((parent, index) => {
    const message = messages[index];
    return message === undefined
      ? parent
      : { ...parent, conditions: parent.conditions.map((condition) => refuse(condition, message)) };
  });
  return { ref, status: { conditions: status.conditions.map((condition) => refuse(condition, first)), parents } };
}

function makeGatewayIr(
  name: GatewayName,
  listeners: readonly EgressListener[],
  secrets: readonly TlsSecret[],
): EgressGatewayIr {
  return { name, listeners, secrets };
}

function translateOne(
  context: Context,
  gateway: EgressGateway,
  out: LeftOut,
): { readonly ir: EgressGatewayIr; readonly status: ObjectStatus } {
  const { memo, egresses } = context;
  const here = egresses.filter((entry) => entry.sections.some((at) => at.gateway === gateway.name));
  const byName = new Map(
    [...gateway.secrets, ...here.flatMap((entry) => entry.secrets)].map((secret) => [secret.name, secret]),
  );
  const missing = new Set([...byName.values()].filter((secret) => out.has(secret.origin)).map((secret) => secret.name));
  const sections = out.has(gateway.origin)
    ? []
    : gateway.sections.filter((section) => !section.certificates.some((name) => missing.has(name)));
  const made = sections.map((section) => ({ section, ...translateSection(context, gateway, section, out, missing) }));
  const counts = gateway.listeners.map(
    ({ name }) => made.find((entry) => entry.section.name === name)?.attached.length ?? 0,
  );
  const secrets = [...byName.values()]
    .filter((secret) => !missing.has(secret.name))
    .sort((a, b) => compareStrings(a.name, b.name));
  const listeners = made.flatMap((entry) => entry.listeners).sort((a, b) => compareStrings(a.name, b.name));
  const reach = findReach(memo, context.sources, context.options, gateway.gateway, gateway.addresses);
  return {
    ir: memo.run(
      makeGatewayIr,
      gateway.name,
      gateway.name,
      memo.list(`egress/listeners/${gateway.name}`, listeners),
      memo.list(`egress/secrets/${gateway.name}`, secrets),
    ),
    status: memo.run(statusOfGateway, gateway.name, gateway, reach, ...counts),
  };
}

/** Translates all egress Gateways and Egress objects. Gateways of the other class are looked at for their ports only. */
export function translateEgressDirection(
  memo: Memo<TranslationSources>,
  sources: TranslationSources,
  options: TranslateOptions,
  egressOptions: EgressOptions,
  quarantine: Quarantine = new Map(),
): EgressDirection {
  const objects = memo.list('gateway objects', [...sources.Gateway.values()]);
  const taken = memo.track(findTakenPorts, '', sources, objects, options);
  const gateways = memo.list(
    'egress/gateways',
    [...sources.Gateway]
      .sort(([a], [b]) => compareStrings(a, b))
      .flatMap(([key, gateway]) => {
        const name = gatewayName(gateway.metadata.namespace ?? 'default', gateway.metadata.name);
        return (
          memo.track(translateEgressGateway, key, sources, gateway, options, taken.get(name) ?? noTakenPorts) ?? []
        );
      }),
  );
  const egresses = [...sources.Egress]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([key, egress]) => memo.track(translateEgress, key, sources, egress, gateways, options));
  const diagnostics: Diagnostic[] = [];
  const context: Context = { memo, sources, options, egressOptions, egresses, diagnostics };
  const made = gateways.map((gateway) =>
    translateOne(context, gateway, quarantine.get(gateway.name) ?? nothingLeftOut),
  );
  const statuses = [
    ...made.map((entry) => entry.status),
    ...egresses.map(
      (entry) => refusedStatus(entry, quarantine) ?? memo.run(statusOfEgress, objectKey(entry.ref), entry),
    ),
  ];
  const own = [...gateways.flatMap((entry) => entry.diagnostics), ...egresses.flatMap((entry) => entry.diagnostics)];
  return {
    gateways: made.map((entry) => entry.ir),
    egresses,
    statuses,
    // Sections of one namespace find the same.
    diagnostics: [...own, ...new Map(diagnostics.map((entry) => [entry.message, entry])).values()],
  };
}
