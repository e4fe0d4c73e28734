import type { Cluster } from '../ir/cluster.ts';
import type { GatewayName, Origin, SecretName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import type { Attachment } from './attachment.ts';
import type { Section } from './section.ts';

/**
 * Objects that a Gateway's Envoys refuse, or are suspected to: they are left out of this Gateway as if they were not
 * there. The text is what Envoy said, for an object that is known to be at fault.
 */
export type LeftOut = ReadonlyMap<Origin, string | undefined>;
export type Quarantine = ReadonlyMap<GatewayName, LeftOut>;

export const nothingLeftOut: LeftOut = new Map();

export function keepAttachments(
  lists: readonly (readonly Attachment[])[],
  out: LeftOut,
): readonly (readonly Attachment[])[] {
  if (out.size === 0) return lists;
  // A list holds what one object brings.
  return lists.filter((attachments) => !attachments.some((attachment) => out.has(attachment.origin)));
}

/** Its names must not fall to a section with a wider hostname; nothing is wider than every host. */
function refuse(section: Section): Section | undefined {
  if (section.hostname === '*') return undefined;
  return { ...section, protocol: { kind: 'Refused', why: 'Envoy refuses what its TLS needs' } };
}

function keepSection(section: Section, missing: ReadonlySet<SecretName>): Section | undefined {
  const { protocol } = section;
  if (!('certificates' in protocol)) return section;
  const { certificates, clientValidation } = protocol;
  // Without the bundle that clients are checked against nobody may come in.
  if (clientValidation !== undefined && missing.has(clientValidation.caSecret)) return refuse(section);
  const kept = certificates.filter((certificate) => !missing.has(certificate));
  return kept.length === 0 ? refuse(section) : { ...section, protocol: { ...protocol, certificates: kept } };
}

/** A section that several objects ask for alike is there for as long as one of them is. */
function isLeftOut({ origins }: Section, out: LeftOut): boolean {
  return origins.length > 0 && origins.every((origin) => out.has(origin));
}

/** Sections that an object is left to ask for, with their secrets; those that lose a certificate keep the others. */
export function keepSections(
  sections: readonly Section[],
  out: LeftOut,
  missing: ReadonlySet<SecretName>,
): readonly Section[] {
  if (out.size === 0) return sections;
  return sections
    .filter((section) => !isLeftOut(section, out))
    .flatMap((section) => keepSection(section, missing) ?? []);
}

/** A cluster that names a secret which is not there could never warm, so it goes too. */
export function keepCluster(cluster: Cluster, out: LeftOut, missing: ReadonlySet<SecretName>): boolean {
  if (cluster.origins.some((origin) => out.has(origin))) return false;
  const { tls } = cluster;
  if (tls === undefined) return true;
  if (tls.clientCertificate !== undefined && missing.has(tls.clientCertificate)) return false;
  return tls.ca.kind === 'System' || !missing.has(tls.ca.secret);
}

/** Names of the secrets that are left out. */
export function missingSecrets(secrets: readonly TlsSecret[], out: LeftOut): ReadonlySet<SecretName> {
  return new Set(secrets.filter((secret) => out.has(secret.origin)).map((secret) => secret.name));
}
