import type { Ingress } from '../../../gen/kubernetes/types.ts';
import { gatewayName, type GatewayName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import type { Memo } from '../../lib/memo.ts';
import { compareStrings } from '../../lib/order.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { describeRef, objectKey, refOf, type ObjectRef } from '../../snapshot/object.ts';
import type { Collection } from '../../snapshot/snapshot.ts';
import type { Attachment, ClusterRequest } from '../attachment.ts';
import type { CertificateUse } from '../certificate-use.ts';
import type { GatewayTranslation } from '../gateway-api/gateway.ts';
import type { TranslateOptions } from '../options.ts';
import { type GatewaySections, type Section, sectionKey } from '../section.ts';
import type { TranslationSources } from '../sources.ts';
import type { Loss } from '../translation.ts';
import { attachIngress } from './attach.ts';
import { chooseIngressClass, readIngressClasses, type IngressClassChoice, type IngressClasses } from './class.ts';
import { resolveIngressCertificates, type IngressCertificates } from './certificate.ts';
import { implicitClassName, ingressGateway } from './implicit-gateway.ts';
import { translateIngress, type IngressTranslation } from './ingress.ts';
import { buildSection, requestSections, type IngressSections } from './sections.ts';

type IngressMemo = Memo<TranslationSources>;

/** What all Ingresses come to. */
export interface IngressesTranslation {
  readonly sections: readonly GatewaySections[];
  readonly attachments: readonly Attachment[];
  /** Sorted by Gateway; one Gateway can ask for a cluster more than once. */
  readonly clusters: readonly { readonly gateway: GatewayName; readonly requests: readonly ClusterRequest[] }[];
  /** Every Ingress of ours and the Gateway whose addresses its status mirrors; none where it has no Gateway. */
  readonly served: readonly { readonly ingress: ObjectRef; readonly gateway?: GatewayName }[];
  readonly losses: readonly Loss[];
  /** In use, for whoever has a clock. */
  readonly certificates: readonly CertificateUse[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether an Ingress wants the Gateway that `implicitIngressGateway` makes. It is to be made where no object is it. */
export function wantsIngressGateway(
  memo: IngressMemo,
  sources: TranslationSources,
  options: TranslateOptions,
): boolean {
  const classes = memo.run(readIngressClasses, '', sources.IngressClass, options);
  for (const ingress of sources.Ingress.values()) {
    const choice = chooseIngressClass(ingress, classes);
    if (
      choice.kind === 'Ours' &&
      choice.gateway.namespace === ingressGateway.namespace &&
      choice.gateway.name === ingressGateway.name
    ) {
      return true;
    }
  }
  return false;
}

function refuse(ref: ObjectRef, reason: string, message: string): Diagnostic {
  return { severity: 'error', reason, message, object: ref, field: 'spec.ingressClassName' };
}

type Served = IngressClassChoice & { readonly kind: 'Ours' };

/** Says what there is to say of an Ingress that is not to be served; undefined where it is. */
function judge(
  ref: ObjectRef,
  choice: Exclude<IngressClassChoice, Served>,
  options: TranslateOptions,
): { readonly why: string; readonly ours: boolean; readonly diagnostic?: Diagnostic } {
  switch (choice.kind) {
    case 'NotOurs':
      return { why: choice.why, ours: false };
    case 'NoClass': {
      const why = `${describeRef(ref)} names no IngressClass and none is the default.`;
      if (!options.implicitIngress) return { why, ours: false };
      const message = `${why} It is not served; set spec.ingressClassName, for instance to ${implicitClassName}.`;
      const diagnostic = { ...refuse(ref, 'NoIngressClass', message), severity: 'warning' as const };
      return { why, ours: false, diagnostic };
    }
    case 'Unusable': {
      const why = `IngressClass ${choice.className} can't be used: ${choice.why}.`;
      return { why, ours: true, diagnostic: refuse(ref, 'InvalidIngressClass', why) };
    }
  }
}

/** The order of files or watch events shows nowhere. */
function sortIngresses(collection: Collection<'Ingress'>): readonly Ingress[] {
  return [...collection].sort(([a], [b]) => compareStrings(a, b)).map(([, ingress]) => ingress);
}

/** Gathers over all Ingresses. It lives for one translation only. */
interface Gathered {
  readonly byGateway: Map<GatewayName, Ingress[]>;
  readonly served: { readonly ingress: ObjectRef; readonly gateway?: GatewayName }[];
  readonly losses: Loss[];
  readonly diagnostics: Diagnostic[];
}

function gather(
  ingresses: readonly Ingress[],
  classes: IngressClasses,
  gateways: ReadonlyMap<GatewayName, GatewayTranslation>,
  options: TranslateOptions,
): Gathered {
  const gathered: Gathered = { byGateway: new Map(), served: [], losses: [], diagnostics: [...classes.diagnostics] };
  for (const ingress of ingresses) {
    const ref = refOf(ingress);
    const choice = chooseIngressClass(ingress, classes);
    if (choice.kind !== 'Ours') {
      const { why, ours, diagnostic } = judge(ref, choice, options);
      gathered.losses.push({ object: ref, reason: choice.kind, message: why });
      if (ours) gathered.served.push({ ingress: ref });
      if (diagnostic !== undefined) gathered.diagnostics.push(diagnostic);
      continue;
    }
    const name = gatewayName(choice.gateway.namespace, choice.gateway.name);
    if (!gateways.has(name)) {
      const why = `IngressClass ${choice.className} is served by Gateway ${name}, which does not exist or is of a class that takes no Ingresses.`;
      gathered.losses.push({ object: ref, gateway: name, reason: 'GatewayNotFound', message: why });
      gathered.served.push({ ingress: ref });
      gathered.diagnostics.push(refuse(ref, 'GatewayNotFound', why));
      continue;
    }
    gathered.served.push({ ingress: ref, gateway: name });
    const group = gathered.byGateway.get(name);
    if (group === undefined) gathered.byGateway.set(name, [ingress]);
    else group.push(ingress);
  }
  return gathered;
}

/** One Ingress with its certificates, each of an identity of its own. */
interface IngressParts {
  readonly translation: IngressTranslation;
  readonly certificates?: IngressCertificates;
}

function translateParts(memo: IngressMemo, sources: TranslationSources, ingress: Ingress): IngressParts {
  const key = objectKey(refOf(ingress));
  const translation = memo.track(translateIngress, key, sources, ingress);
  if (translation.tls === undefined) return { translation };
  const { namespace, name, createdAt, tls, hosts } = translation.tls;
  const step = resolveIngressCertificates;
  return { translation, certificates: memo.track(step, key, sources, namespace, name, createdAt, tls, hosts) };
}

interface GatewayIngresses {
  readonly gateway: GatewayTranslation;
  readonly parts: readonly IngressParts[];
  readonly requested: IngressSections;
  readonly sections: readonly Section[];
}

function translateOfGateway(
  memo: IngressMemo,
  sources: TranslationSources,
  gateway: GatewayTranslation,
  ingresses: readonly Ingress[],
): GatewayIngresses {
  const parts = ingresses.map((ingress) => translateParts(memo, sources, ingress));
  const claiming = parts.flatMap(({ certificates }) => certificates ?? []);
  const requested = memo.track(
    requestSections,
    gateway.name,
    sources,
    gateway,
    memo.list(`${gateway.name}#claims`, claiming),
  );
  const sections = requested.requests.map(({ port, hostname, certificate, clientValidation, origins }) => {
    const { caSecret, mode } = clientValidation ?? {};
    const key = sectionKey(gateway.name, port, hostname);
    return memo.run(buildSection, key, port, hostname, certificate, caSecret, mode, ...origins);
  });
  return { gateway, parts, requested, sections: memo.list(`${gateway.name}#ingressSections`, sections) };
}

function gatewaySections(
  gateway: GatewayName,
  sections: readonly Section[],
  secrets: readonly TlsSecret[],
): GatewaySections {
  return { gateway, sections, secrets };
}

/** The look-up table of the sections of all Gateways. */
function indexSections(all: readonly GatewaySections[]): ReadonlyMap<string, Section> {
  return new Map(
    all.flatMap(({ gateway, sections }) =>
      sections.map((section) => [sectionKey(gateway, section.port, section.hostname), section] as const),
    ),
  );
}

/**
 * Translates every Ingress and attaches it to the Gateway of its class: one of `sources.gateways`, those of
 * the role that serves what comes in, with the implicit one among them where it was made.
 */
export function translateIngresses(
  memo: IngressMemo,
  sources: TranslationSources,
  options: TranslateOptions,
): IngressesTranslation {
  const { gateways } = sources;
  const classes = memo.run(readIngressClasses, '', sources.IngressClass, options);
  const sorted = memo.run(sortIngresses, '', sources.Ingress);
  const { byGateway, served, losses, diagnostics } = gather(sorted, classes, gateways, options);
  const all: GatewayIngresses[] = [];
  for (const [name, ingresses] of [...byGateway].sort(([a], [b]) => compareStrings(a, b))) {
    const gateway = gateways.get(name);
    if (gateway !== undefined) all.push(translateOfGateway(memo, sources, gateway, ingresses));
  }
  const sections = all.map(({ gateway, requested, sections: own }) =>
    memo.run(gatewaySections, gateway.name, gateway.name, own, requested.secrets),
  );
  const ingressSections = memo.run(indexSections, '', memo.list('ingressSections', sections));
  const complete: TranslationSources = { ...sources, ingressSections };
  const attachments: Attachment[] = [];
  const clusters: { gateway: GatewayName; requests: readonly ClusterRequest[] }[] = [];
  for (const { gateway, parts, requested } of all) {
    diagnostics.push(...requested.diagnostics);
    for (const { translation, certificates } of parts) {
      const key = `${gateway.name}#${translation.origin}`;
      const attached = memo.track(attachIngress, key, complete, gateway, translation, certificates);
      for (const attachment of attached.attachments) attachments.push(attachment);
      diagnostics.push(...translation.diagnostics, ...(certificates?.diagnostics ?? []), ...attached.diagnostics);
      if (translation.clusters.length > 0) clusters.push({ gateway: gateway.name, requests: translation.clusters });
    }
  }
  const certificates = all.flatMap(({ requested }) => requested.certificates);
  return { sections, attachments, clusters, served, losses, certificates, diagnostics };
}
