import { noHeaderModification } from '../../ir/filter.ts';
import { routeName } from '../../ir/name.ts';
import type { Route } from '../../ir/route.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import type { Read } from '../../snapshot/view.ts';
import type { Attachment } from '../attachment.ts';
import type { GatewayTranslation } from '../gateway-api/gateway.ts';
import { coversHostname } from '../ownership.ts';
import { type Section, sectionKey, speaksHttp } from '../section.ts';
import type { TranslationSources } from '../sources.ts';
import type { HostCertificate, IngressCertificates } from './certificate.ts';
import { httpsPorts, permitsHost, permitsNamespace } from './gateway-ports.ts';
import { labelsOf } from './host.ts';
import type { HostRoutes, IngressTranslation } from './ingress.ts';
import { isIngressSection } from './sections.ts';

/** Where the routes of one Ingress are offered, and which of its hosts are offered nowhere. */
export interface IngressAttachments {
  readonly attachments: readonly Attachment[];
  readonly diagnostics: readonly Diagnostic[];
}

type IngressRead = Read<Pick<TranslationSources, 'ingressSections' | 'listenerSetSections'>>;
type Certificates = readonly HostCertificate[];

/** A host of the Ingress in the section that answers for it. */
interface Place {
  readonly section: Section;
  readonly hostname: string;
}

function labelCount(hostname: string): number {
  return hostname.split('.').length;
}

/** Whether every request for the section's hostname is one for the host: `*` of an Ingress stands for one label. */
function isNarrower(hostname: string, section: string): boolean {
  if (section === hostname) return false;
  if (hostname === '*') return true;
  return !section.startsWith('*') && coversHostname(hostname, section) && labelCount(hostname) === labelCount(section);
}

/** The wildcard that stands for the first label of a host. */
function wildcardFor(hostname: string): string {
  return `*${hostname.slice(Math.max(hostname.indexOf('.'), 0))}`;
}

/** What spec.tls says of a host: by its name, or by a wildcard for its first label. */
function certificateOf(certificates: Certificates, hostname: string): HostCertificate | undefined {
  return (
    certificates.find((certificate) => certificate.hostname === hostname) ??
    certificates.find((certificate) => certificate.hostname === wildcardFor(hostname))
  );
}

/** Why a host is not to be served over TLS in a section with another certificate than its own; undefined: it may be. */
function refusalOf(certificates: Certificates, { section, hostname }: Place): string | undefined {
  if (section.protocol.kind === 'Http' || section.hostname === hostname) return undefined;
  const use = certificateOf(certificates, hostname)?.use;
  return use?.kind === 'Unusable' ? use.why : undefined;
}

function refusalRoute(ingress: IngressTranslation, why: string): Route {
  return {
    name: routeName(ingress.origin, 'tls', 0),
    origin: ingress.origin,
    rule: 0,
    ruleName: 'tls',
    match: { path: { kind: 'Prefix', value: '/' }, headers: [], queryParams: [] },
    action: { kind: 'DirectResponse', statusCode: 503, why },
    requestHeaders: noHeaderModification,
    responseHeaders: noHeaderModification,
  };
}

/** The attachments of an Ingress while they are gathered, with what they all have in common. */
function createCollector(gateway: GatewayTranslation, ingress: IngressTranslation) {
  const attachments: Attachment[] = [];
  const { origin, precedence } = ingress;
  return {
    attachments,
    add({ section, hostname }: Place, routes: readonly Route[], fallback: boolean): void {
      const base = {
        kind: 'Http',
        gateway: gateway.name,
        section: section.name,
        hostnames: [hostname],
        origin,
        precedence,
        routes,
      } as const;
      attachments.push(fallback ? { ...base, fallback } : base);
    },
  };
}

function unattached(ingress: IngressTranslation, gateway: GatewayTranslation, hostname: string): Diagnostic {
  const host = hostname === '*' ? 'a request for any host' : hostname;
  return {
    severity: 'error',
    reason: 'NotAllowedByListeners',
    message: `No listener of Gateway ${gateway.name} serves ${host} for namespace ${ingress.ref.namespace}: its routes are not served.`,
    object: ingress.ref,
    field: 'spec',
  };
}

function withoutCertificate(
  ingress: IngressTranslation,
  gateway: GatewayTranslation,
  entry: HostCertificate,
): Diagnostic {
  return {
    severity: 'warning',
    reason: 'NoDefaultCertificate',
    message: `spec.tls names no Secret for ${entry.hostname}, and no HTTPS listener of Gateway ${gateway.name} has a certificate for it: it is served over plain HTTP only.`,
    object: ingress.ref,
    field: entry.field,
  };
}

/** The hostnames whose section could own a host, the most specific first. */
function ownerNames(hostname: string): readonly string[] {
  if (hostname === '*') return ['*'];
  const names = [hostname];
  let rest = hostname.startsWith('*.') ? hostname.slice(2) : hostname;
  for (let dot = rest.indexOf('.'); dot !== -1; dot = rest.indexOf('.')) {
    rest = rest.slice(dot + 1);
    names.push(`*.${rest}`);
  }
  return [...names, '*'];
}

/** Finds the sections of a Gateway: those of its listeners, and one by one those that others added. */
function createFinder(read: IngressRead, gateway: GatewayTranslation) {
  return (port: number, hostname: string): Section | undefined =>
    gateway.sections.find((section) => speaksHttp(section) && section.port === port && section.hostname === hostname) ??
    read('listenerSetSections', sectionKey(gateway.name, port, hostname)) ??
    read('ingressSections', sectionKey(gateway.name, port, hostname));
}

/**
 * Finds where the hosts of one Ingress may be served: on each port in the section that owns it, and for a wildcard or
 * no host also in those that are more specific, except for what other Ingresses brought a certificate for.
 */
function createPlacer(read: IngressRead, gateway: GatewayTranslation, ingress: IngressTranslation, own: Certificates) {
  const { namespace } = ingress.ref;
  const find = createFinder(read, gateway);
  const sections = gateway.sections.filter(speaksHttp);
  const ports = [...new Set([...sections.map((section) => section.port), ...httpsPorts(gateway)])];
  const named = new Set(ingress.hosts.map((host) => host.hostname));
  const isAllowed = (section: Section) =>
    isIngressSection(section)
      ? permitsHost(read, gateway, section.port, section.hostname, namespace)
      : permitsNamespace(read, gateway, section, namespace);
  // A host that this Ingress has more specific rules for is no part of its wildcard, nor of its rules without a host.
  const isJoinable = (section: Section, hostname: string) =>
    isNarrower(hostname, section.hostname) &&
    !named.has(section.hostname) &&
    (hostname !== '*' || !named.has(wildcardFor(section.hostname)));
  const placesOn = (port: number, hostname: string): readonly Place[] => {
    let owner: Section | undefined;
    for (const name of ownerNames(hostname)) if ((owner = find(port, name)) !== undefined) break;
    const places: Place[] = owner === undefined ? [] : [{ section: owner, hostname }];
    if (hostname !== '*' && labelsOf(hostname) === undefined) return places;
    const candidates = new Set([
      ...sections.filter((section) => section.port === port),
      ...own.flatMap((certificate) => find(port, certificate.hostname) ?? []),
    ]);
    for (const section of candidates) {
      if (section !== owner && isJoinable(section, hostname)) places.push({ section, hostname: section.hostname });
    }
    return places;
  };
  return (hostname: string): readonly Place[] =>
    ports.flatMap((port) => placesOn(port, hostname)).filter((place) => isAllowed(place.section));
}

/** The rules' hosts with their routes, and `*` for a default backend where no rule is without a host. */
function servedHosts(ingress: IngressTranslation): readonly HostRoutes[] {
  const missing = ingress.defaultRoute !== undefined && !ingress.hosts.some((host) => host.hostname === '*');
  return missing ? [...ingress.hosts, { hostname: '*', routes: [] }] : ingress.hosts;
}

/**
 * Attaches an Ingress to plain HTTP and to HTTPS: each host in the section that owns it, the default backend behind
 * everything else of its hosts and of `*`. A default backend never takes requests for hosts of other Ingresses.
 */
export function attachIngress(
  read: IngressRead,
  gateway: GatewayTranslation,
  ingress: IngressTranslation,
  own: IngressCertificates | undefined,
): IngressAttachments {
  const certificates = own?.certificates ?? [];
  const collector = createCollector(gateway, ingress);
  const placer = createPlacer(read, gateway, ingress, certificates);
  const diagnostics: Diagnostic[] = [];
  for (const { hostname, routes } of servedHosts(ingress)) {
    const places = placer(hostname);
    if (places.length === 0) diagnostics.push(unattached(ingress, gateway, hostname));
    for (const place of places) {
      const refusal = refusalOf(certificates, place);
      if (refusal !== undefined) {
        if (hostname !== '*') collector.add(place, [refusalRoute(ingress, refusal)], true);
        continue;
      }
      if (routes.length > 0) collector.add(place, routes, false);
      if (ingress.defaultRoute !== undefined) collector.add(place, [ingress.defaultRoute], true);
    }
  }
  for (const entry of certificates) {
    if (entry.use.kind !== 'Default') continue;
    const secure = placer(entry.hostname).some((place) => place.section.protocol.kind === 'Https');
    if (!secure) diagnostics.push(withoutCertificate(ingress, gateway, entry));
  }
  return { attachments: collector.attachments, diagnostics };
}
