import type { Ingress } from '../../../gen/kubernetes/types.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { ok } from '../../lib/result.ts';
import { resolveCertificate } from '../../resolve/secret.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import { parseIngressHost } from './host.ts';

/**
 * How an Ingress wants one host to be served over TLS. `Default`: with the certificate of the Gateway. `Unusable`:
 * its Secret can't be used, and the host is not to be served over TLS with any other certificate.
 */
export interface HostCertificate {
  readonly hostname: string;
  readonly field: string;
  readonly use:
    | { readonly kind: 'Own'; readonly secret: TlsSecret }
    | { readonly kind: 'Default' }
    | { readonly kind: 'Unusable'; readonly why: string };
}

export interface HostCertificates {
  readonly certificates: readonly HostCertificate[];
  readonly diagnostics: readonly Diagnostic[];
}

type Use = HostCertificate['use'];

function resolveUse(read: Read, namespace: string, secretName: string | undefined): Use {
  if (secretName === undefined || secretName === '') return { kind: 'Default' };
  const from = { group: 'networking.k8s.io', kind: 'Ingress', namespace };
  const resolved = resolveCertificate(read, from, { name: secretName }, 'InvalidCertificateRef');
  return resolved.ok
    ? { kind: 'Own', secret: resolved.value.secret }
    : { kind: 'Unusable', why: resolved.error.message };
}

/**
 * Reads spec.tls. An entry without hosts is for all hosts of the rules, `*` where there are none; one without a Secret
 * takes the Gateway's certificate (IngressTLS). Of two entries for one host the first counts.
 */
export function resolveHostCertificates(read: Read, ingress: Ingress, ruleHosts: readonly string[]): HostCertificates {
  const byHost = new Map<string, HostCertificate>();
  const diagnostics: Diagnostic[] = [];
  const object = refOf(ingress);
  for (const [index, entry] of (ingress.spec?.tls ?? []).entries()) {
    const field = `spec.tls[${index}]`;
    const use = resolveUse(read, object.namespace, entry.secretName);
    if (use.kind === 'Unusable') {
      const message = `${use.why} Until it can be used these hosts are not served over HTTPS with any other certificate; plain HTTP still is.`;
      diagnostics.push({
        severity: 'error',
        reason: 'InvalidCertificateRef',
        message,
        object,
        field: `${field}.secretName`,
      });
    }
    const hosts = entry.hosts ?? [];
    const named = hosts.length > 0 ? hosts : ruleHosts.length > 0 ? ruleHosts : ['*'];
    for (const [position, host] of named.entries()) {
      const hostField = hosts.length > 0 ? `${field}.hosts[${position}]` : field;
      // Hosts of rules have been parsed already.
      const parsed = hosts.length > 0 ? parseIngressHost(host) : ok(host);
      if (!parsed.ok) {
        diagnostics.push({
          severity: 'error',
          reason: 'InvalidHost',
          message: `${parsed.error}.`,
          object,
          field: hostField,
        });
        continue;
      }
      const known = byHost.get(parsed.value);
      if (known === undefined) byHost.set(parsed.value, { hostname: parsed.value, field: hostField, use });
      else if (known.use !== use) {
        const message = `${known.field} names ${parsed.value} as well and is the one used.`;
        diagnostics.push({ severity: 'warning', reason: 'DuplicateHost', message, object, field: hostField });
      }
    }
  }
  return { certificates: [...byHost.values()], diagnostics };
}
