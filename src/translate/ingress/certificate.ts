import type { IngressTLS } from '../../../gen/kubernetes/types.ts';
import { originOf, type Origin } from '../../ir/name.ts';
import { ok, type Result } from '../../lib/result.ts';
import { resolveCertificate, type ResolvedCertificate } from '../../resolve/secret.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { objectKey, type ObjectRef } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { Precedence } from '../attachment.ts';
import { parseIngressHost } from './host.ts';

/**
 * How an Ingress wants one host to be served over TLS. `Default`: with the certificate of the Gateway. `Unusable`:
 * its Secret can't be used, and the host is not to be served over TLS with any other certificate.
 */
export interface HostCertificate {
  readonly hostname: string;
  readonly field: string;
  readonly use:
    | { readonly kind: 'Own'; readonly certificate: ResolvedCertificate }
    | { readonly kind: 'Default' }
    | { readonly kind: 'Unusable'; readonly why: string };
}

/** The spec.tls of one Ingress, resolved. It keeps its identity while nothing that it says changes. */
export interface IngressCertificates {
  readonly ref: ObjectRef;
  readonly origin: Origin;
  readonly precedence: Precedence;
  readonly certificates: readonly HostCertificate[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What spec.tls is resolved from, as texts: they are equal where nothing changed, whatever else the Ingress says. */
export interface TlsRequest {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  /** JSON of spec.tls. */
  readonly tls: string;
  /** JSON of the rules' hosts, parsed. */
  readonly hosts: string;
}

type Use = HostCertificate['use'];

function resolveUse(read: Read, namespace: string, secretName: string | undefined): Use {
  if (secretName === undefined || secretName === '') return { kind: 'Default' };
  const from = { group: 'networking.k8s.io', kind: 'Ingress', namespace };
  const resolved = resolveCertificate(read, from, { name: secretName }, 'InvalidCertificateRef');
  return resolved.ok ? { kind: 'Own', certificate: resolved.value } : { kind: 'Unusable', why: resolved.error.message };
}

/** Whether a client that asks for the host takes the certificate; its `*` stands for one label (RFC 9525). */
function isNamed(host: string, dnsNames: readonly string[]): boolean {
  return dnsNames.includes(host) || dnsNames.includes(`*${host.slice(Math.max(host.indexOf('.'), 0))}`);
}

/** What is to be said of one host with the certificate it asks for. */
function judgeUse(use: Use, hostname: string): { readonly reason: string; readonly message: string } | undefined {
  if (use.kind !== 'Own' || hostname === '*' || isNamed(hostname, use.certificate.info.dnsNames)) return undefined;
  const { namespace, name } = use.certificate;
  const message = `The certificate of Secret ${namespace}/${name} does not name ${hostname}: clients will refuse it.`;
  return { reason: 'CertificateNameMismatch', message };
}

/** The hosts of one entry, each with its field. */
function hostsOf(
  entry: IngressTLS,
  field: string,
  ruleHosts: readonly string[],
): readonly { readonly host: Result<string, string>; readonly field: string }[] {
  const named = entry.hosts ?? [];
  if (named.length > 0) {
    return named.map((host, index) => ({ host: parseIngressHost(host), field: `${field}.hosts[${index}]` }));
  }
  // Hosts of rules have been parsed already.
  return (ruleHosts.length > 0 ? ruleHosts : ['*']).map((host) => ({ host: ok(host), field }));
}

/**
 * Resolves spec.tls. An entry without hosts is for all hosts of the rules, `*` where there are none; one without a
 * Secret takes the Gateway's certificate (IngressTLS). Of two entries for one host the first counts.
 */
export function resolveIngressCertificates(
  read: Read,
  namespace: string,
  name: string,
  createdAt: string,
  tls: string,
  hosts: string,
): IngressCertificates {
  const byHost = new Map<string, HostCertificate>();
  const diagnostics: Diagnostic[] = [];
  const object: ObjectRef = { kind: 'Ingress', namespace, name };
  // Both texts were written by translateIngress.
  const entries = JSON.parse(tls) as readonly IngressTLS[];
  const ruleHosts = JSON.parse(hosts) as readonly string[];
  const say = (severity: Diagnostic['severity'], reason: string, message: string, field: string) =>
    void diagnostics.push({ severity, reason, message, object, field });
  for (const [index, entry] of entries.entries()) {
    const use = resolveUse(read, namespace, entry.secretName);
    if (use.kind === 'Unusable') {
      const message = `${use.why} Until it can be used these hosts are not served over HTTPS with any other certificate; plain HTTP still is.`;
      say('error', 'InvalidCertificateRef', message, `spec.tls[${index}].secretName`);
    }
    for (const { host, field } of hostsOf(entry, `spec.tls[${index}]`, ruleHosts)) {
      if (!host.ok) {
        say('error', 'InvalidHost', `${host.error}.`, field);
        continue;
      }
      const known = byHost.get(host.value);
      if (known !== undefined) {
        if (known.use === use) continue;
        say('warning', 'DuplicateHost', `${known.field} names ${host.value} as well and is the one used.`, field);
        continue;
      }
      byHost.set(host.value, { hostname: host.value, field, use });
      const flaw = judgeUse(use, host.value);
      if (flaw !== undefined) say('warning', flaw.reason, flaw.message, field);
    }
  }
  return {
    ref: object,
    origin: originOf(objectKey(object)),
    precedence: { createdAt, object: `${namespace}/${name}` },
    certificates: [...byHost.values()],
    diagnostics,
  };
}
