import { noHeaderModification } from '../../ir/filter.ts';
import { routeName } from '../../ir/name.ts';
import type { Route } from '../../ir/route.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import type { Read } from '../../snapshot/view.ts';
import type { Attachment } from '../attachment.ts';
import type { GatewayTranslation } from '../gateway-api/gateway.ts';
import { coversHostname } from '../ownership.ts';
import type { Section } from '../section.ts';
import type { HostCertificate } from './certificate.ts';
import { permitsHost, permitsNamespace, type PortSections, type SectionPlan } from './gateway-ports.ts';
import { labelsOf } from './host.ts';
import type { HostRoutes, IngressTranslation } from './ingress.ts';

/** Where the routes of one Ingress are offered, and which of its hosts are offered nowhere. */
export interface IngressAttachments {
  readonly attachments: readonly Attachment[];
  readonly diagnostics: readonly Diagnostic[];
}

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

/**
 * The sections of one port that a host is served in: the one that owns it, and for a wildcard or no host those that
 * are more specific, except for what other Ingresses brought a certificate for: such a host is theirs.
 */
function placesOf(
  hostname: string,
  port: PortSections,
  isJoinable: (section: Section, hostname: string) => boolean,
): readonly Place[] {
  const owner = port.ownerOf(hostname);
  const places: Place[] = owner === undefined ? [] : [{ section: owner, hostname }];
  if (hostname !== '*' && labelsOf(hostname) === undefined) return places;
  for (const section of port.sections) {
    if (section !== owner && isNarrower(hostname, section.hostname) && isJoinable(section, hostname)) {
      places.push({ section, hostname: section.hostname });
    }
  }
  return places;
}

/** The wildcard that stands for the first label of a host. */
function wildcardFor(hostname: string): string {
  return `*${hostname.slice(Math.max(hostname.indexOf('.'), 0))}`;
}

/** What spec.tls says of a host: by its name, or by a wildcard for its first label. */
function certificateOf(ingress: IngressTranslation, hostname: string): HostCertificate | undefined {
  return (
    ingress.certificates.find((certificate) => certificate.hostname === hostname) ??
    ingress.certificates.find((certificate) => certificate.hostname === wildcardFor(hostname))
  );
}

/** Why a host is not to be served over TLS in a section with another certificate than its own; undefined: it may be. */
function refusalOf(ingress: IngressTranslation, { section, hostname }: Place): string | undefined {
  if (section.protocol.kind === 'Http' || section.hostname === hostname) return undefined;
  const use = certificateOf(ingress, hostname)?.use;
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
      const base = { gateway: gateway.name, section: section.name, hostnames: [hostname], origin, precedence, routes };
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

/** Finds where the hosts of one Ingress may be served. */
function createPlacer(read: Read, gateway: GatewayTranslation, plan: SectionPlan, ingress: IngressTranslation) {
  const { namespace } = ingress.ref;
  const named = new Set(ingress.hosts.map((host) => host.hostname));
  const isAllowed = (section: Section) =>
    plan.added.has(section)
      ? permitsHost(read, gateway, section.port, section.hostname, namespace)
      : permitsNamespace(read, gateway, section, namespace);
  // A host that this Ingress has more specific rules for is no part of its wildcard, nor of its rules without a host.
  const isJoinable = (section: Section, hostname: string) =>
    !named.has(section.hostname) &&
    (hostname !== '*' || !named.has(wildcardFor(section.hostname))) &&
    (!plan.added.has(section) || section.origins.includes(ingress.origin));
  return (hostname: string): readonly Place[] =>
    plan.ports.flatMap((port) => placesOf(hostname, port, isJoinable)).filter((place) => isAllowed(place.section));
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
  read: Read,
  gateway: GatewayTranslation,
  plan: SectionPlan,
  ingress: IngressTranslation,
): IngressAttachments {
  const collector = createCollector(gateway, ingress);
  const placer = createPlacer(read, gateway, plan, ingress);
  const diagnostics: Diagnostic[] = [];
  for (const { hostname, routes } of servedHosts(ingress)) {
    const places = placer(hostname);
    if (places.length === 0) diagnostics.push(unattached(ingress, gateway, hostname));
    for (const place of places) {
      const refusal = refusalOf(ingress, place);
      if (refusal !== undefined) {
        if (hostname !== '*') collector.add(place, [refusalRoute(ingress, refusal)], true);
        continue;
      }
      if (routes.length > 0) collector.add(place, routes, false);
      if (ingress.defaultRoute !== undefined) collector.add(place, [ingress.defaultRoute], true);
    }
  }
  for (const entry of ingress.certificates) {
    if (entry.use.kind !== 'Default') continue;
    const secure = placer(entry.hostname).some((place) => place.section.protocol.kind === 'Https');
    if (!secure) diagnostics.push(withoutCertificate(ingress, gateway, entry));
  }
  return { attachments: collector.attachments, diagnostics };
}
