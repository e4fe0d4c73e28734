import type { ClientValidation } from '../../ir/listener.ts';
import { sectionName, type Origin, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { compareStrings } from '../../lib/order.ts';
import type { ResolvedCertificate } from '../../resolve/secret.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { describeRef } from '../../snapshot/object.ts';
import { readObject, type Read } from '../../snapshot/view.ts';
import { resolveFrontendTls, type FrontendTls } from '../gateway-api/frontend-tls.ts';
import { certificateUse, type CertificateUse } from '../certificate-use.ts';
import type { GatewayTranslation } from '../gateway-api/gateway.ts';
import { type Section, sectionKey } from '../section.ts';
import type { TranslationSources } from '../sources.ts';
import { comparePrecedence } from '../precedence.ts';
import type { HostCertificate, IngressCertificates } from './certificate.ts';
import { httpsPorts, permitsHost } from './gateway-ports.ts';

/** The HTTPS sections that the Ingresses of one Gateway ask for and get, and what is to be said about the others. */
export interface IngressSections {
  readonly requests: readonly SectionRequest[];
  readonly secrets: readonly TlsSecret[];
  /** Those that are used. */
  readonly certificates: readonly CertificateUse[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One Ingress's certificate for one host. */
interface Claim {
  readonly ingress: IngressCertificates;
  readonly certificate: HostCertificate;
  readonly own: ResolvedCertificate;
}

function collectClaims(ingresses: readonly IngressCertificates[]): readonly Claim[] {
  return [...ingresses]
    .sort((a, b) => comparePrecedence(a.precedence, b.precedence))
    .flatMap((ingress) =>
      ingress.certificates.flatMap((certificate) =>
        certificate.use.kind === 'Own' ? [{ ingress, certificate, own: certificate.use.certificate }] : [],
      ),
    );
}

function say(claim: Claim, severity: Diagnostic['severity'], reason: string, message: string): Diagnostic {
  return { severity, reason, message, object: claim.ingress.ref, field: claim.certificate.field };
}

type SectionRead = Read<Pick<TranslationSources, 'listenerSetSections'>>;

/** Why a claim can't be met on a port whatever the other Ingresses ask for; undefined where it can. */
function refuseClaim(
  read: SectionRead,
  gateway: GatewayTranslation,
  port: number,
  claim: Claim,
): Diagnostic | undefined {
  const { hostname } = claim.certificate;
  if (!permitsHost(read, gateway, port, hostname, claim.ingress.ref.namespace)) {
    const message = `No HTTPS listener on port ${port} of Gateway ${gateway.name} takes ${hostname} from this namespace.`;
    return say(claim, 'error', 'NotAllowedByListeners', message);
  }
  const own =
    gateway.sections.find(
      ({ protocol, ...section }) =>
        protocol.kind !== 'Udp' &&
        protocol.kind !== 'Refused' &&
        section.port === port &&
        section.hostname === hostname,
    ) ?? read('listenerSetSections', sectionKey(gateway.name, port, hostname));
  if (own === undefined) return undefined;
  const message = `Listener ${own.name} of Gateway ${gateway.name} has the same hostname ${hostname}: its certificate is used instead of this one.`;
  return say(claim, 'warning', 'CertificateNotUsed', message);
}

/** How the Gateway has clients checked on a port. One that no object stands for asks nothing of them. */
function frontendOf(read: Read, gateway: GatewayTranslation, port: number): FrontendTls {
  const object = readObject(read, 'Gateway', gateway.gateway.namespace, gateway.gateway.name);
  return object === undefined ? { problems: [], refused: false } : resolveFrontendTls(read, object, port);
}

interface OpenSection {
  readonly winner: Claim;
  readonly origins: Origin[];
}

function loseClaim(claim: Claim, { winner }: OpenSection): Diagnostic {
  const message = `${describeRef(winner.ingress.ref)} brings another certificate for ${claim.certificate.hostname} and is older, or first by name: its certificate is used.`;
  return say(claim, 'warning', 'CertificateNotUsed', message);
}

/** The sections of one port. The oldest Ingress wins a host; one that brings the very same Secret loses nothing. */
function fillPort(
  read: SectionRead,
  gateway: GatewayTranslation,
  port: number,
  claims: readonly Claim[],
  diagnostics: Diagnostic[],
): ReadonlyMap<string, OpenSection> {
  const open = new Map<string, OpenSection>();
  for (const claim of claims) {
    const refusal = refuseClaim(read, gateway, port, claim);
    const known = open.get(claim.certificate.hostname);
    if (refusal !== undefined) diagnostics.push(refusal);
    else if (known === undefined) {
      open.set(claim.certificate.hostname, { winner: claim, origins: [claim.ingress.origin] });
    } else if (known.winner.own.secret.name !== claim.own.secret.name) diagnostics.push(loseClaim(claim, known));
    else if (!known.origins.includes(claim.ingress.origin)) known.origins.push(claim.ingress.origin);
  }
  return open;
}

/** What a section is made of: equal content makes it anew only where something differs. */
interface SectionRequest {
  readonly port: number;
  readonly hostname: string;
  readonly certificate: SecretName;
  readonly clientValidation?: ClientValidation;
  readonly origins: readonly Origin[];
}

/** A listener's name has no slash, so the two never meet. */
const namePrefix = 'ingress/';

export function isIngressSection(section: Section): boolean {
  return section.name.startsWith(namePrefix);
}

/** Makes a section. It takes plain values, so that equal ones give the section of last time. */
export function buildSection(
  port: number,
  hostname: string,
  certificate: SecretName,
  caSecret: SecretName | undefined,
  mode: ClientValidation['mode'] | undefined,
  ...origins: readonly Origin[]
): Section {
  return {
    name: sectionName(`${namePrefix}${port}/${hostname}`),
    port,
    hostname,
    protocol: {
      kind: 'Https',
      certificates: [certificate],
      ...(caSecret === undefined || mode === undefined ? {} : { clientValidation: { caSecret, mode } }),
    },
    origins,
  };
}

/**
 * Gives each host with a certificate of an Ingress a section of its own on every HTTPS port of the Gateway. What the
 * Gateway asks of clients holds for these sections too; where that can't be met, the port gets none of them.
 */
export function requestSections(
  read: SectionRead,
  gateway: GatewayTranslation,
  ingresses: readonly IngressCertificates[],
): IngressSections {
  const claims = collectClaims(ingresses);
  const ports = httpsPorts(gateway);
  const diagnostics: Diagnostic[] = [];
  const requests: SectionRequest[] = [];
  const secrets = new Map<string, TlsSecret>();
  const certificates = new Map<string, CertificateUse>();
  if (ports.length === 0) {
    const message = `Gateway ${gateway.name} has no HTTPS listener: these hosts are served over plain HTTP only.`;
    diagnostics.push(...claims.map((claim) => say(claim, 'warning', 'NoHttpsListener', message)));
  }
  for (const port of ports) {
    const { validation, bundle, refused } = frontendOf(read, gateway, port);
    if (refused) {
      const message = `Port ${port} of Gateway ${gateway.name} is to check clients with CA certificates that can't be used: nothing is served there.`;
      diagnostics.push(...claims.map((claim) => say(claim, 'error', 'NoValidCACertificate', message)));
      continue;
    }
    for (const [hostname, open] of fillPort(read, gateway, port, claims, diagnostics)) {
      requests.push({
        port,
        hostname,
        certificate: open.winner.own.secret.name,
        ...(validation === undefined ? {} : { clientValidation: validation }),
        origins: [...open.origins].sort(compareStrings),
      });
      secrets.set(open.winner.own.secret.name, open.winner.own.secret);
      certificates.set(open.winner.own.secret.name, certificateUse(open.winner.own));
      if (bundle !== undefined) secrets.set(bundle.name, bundle);
    }
  }
  return {
    requests,
    secrets: [...secrets.values()].sort((a, b) => compareStrings(a.name, b.name)),
    certificates: [...certificates.values()].sort((a, b) => compareStrings(a.secret, b.secret)),
    diagnostics,
  };
}
