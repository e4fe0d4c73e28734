import type { Cluster } from '../../ir/cluster.ts';
import { originOf, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { unreachable } from '../../lib/never.ts';
import { objectKey } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { ClusterRequest } from '../attachment.ts';
import { resolveServicePort } from '../../resolve/service.ts';

export interface ClusterTranslation {
  readonly cluster: Cluster;
  /** The CA bundle of the cluster's BackendTLSPolicy. */
  readonly secrets: readonly TlsSecret[];
}

function serviceOrigin(namespace: string, name: string): Cluster['origins'][number] {
  return originOf(objectKey({ kind: 'Service', namespace, name }));
}

/**
 * The cluster of one Service port, with the TLS of its BackendTLSPolicy. `clientCertificate` is the one that the
 * Gateway shows to backends (Gateway.spec.tls.backend). Undefined where the Service port can't be used: a route that
 * names the cluster all the same is then answered 500.
 */
function translateServiceCluster(
  read: Read,
  request: ClusterRequest & { readonly kind: 'ServicePort' },
  clientCertificate: SecretName | undefined,
): ClusterTranslation | undefined {
  const backend = resolveServicePort(read, request.namespace, request.service, request.port);
  if (!backend.ok) return undefined;
  const { tls, protocol } = backend.value;
  const origins = [serviceOrigin(request.namespace, request.service)];
  const base = { name: request.name, protocol, weightedLocalities: false };
  if (tls === undefined) return { cluster: { ...base, origins }, secrets: [] };
  return {
    cluster: {
      ...base,
      origins: [tls.origin, ...origins],
      tls: clientCertificate === undefined ? tls.tls : { ...tls.tls, clientCertificate },
    },
    secrets: tls.ca === undefined ? [] : [tls.ca],
  };
}

/** The cluster that holds the weighted backends of one rule, so that sessions hold over all of them. */
function translateRuleCluster(request: ClusterRequest & { readonly kind: 'Rule' }): ClusterTranslation {
  const origins = [...new Set(request.backends.map(({ namespace, service }) => serviceOrigin(namespace, service)))];
  const cluster = { name: request.name, protocol: request.protocol, origins: origins.sort(), weightedLocalities: true };
  return { cluster, secrets: [] };
}

/** The cluster of either kind of request. */
export function translateCluster(
  read: Read,
  request: ClusterRequest,
  clientCertificate: SecretName | undefined,
): ClusterTranslation | undefined {
  switch (request.kind) {
    case 'ServicePort':
      return translateServiceCluster(read, request, clientCertificate);
    case 'Rule':
      return translateRuleCluster(request);
    default:
      return unreachable(request);
  }
}
