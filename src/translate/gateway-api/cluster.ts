import type { Cluster, UpstreamProtocol } from '../../ir/cluster.ts';
import { originOf, type SecretName } from '../../ir/name.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { unreachable } from '../../lib/never.ts';
import { objectKey } from '../../snapshot/object.ts';
import { parseServiceName } from '../../snapshot/service-name.ts';
import type { Read } from '../../snapshot/view.ts';
import type { ClusterRequest } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import { resolveBackendTraffic } from '../../resolve/backend-traffic-policy.ts';
import { type Application, resolveServicePort } from '../../resolve/service.ts';

export interface ClusterTranslation {
  readonly cluster: Cluster;
  /** What the TLS of the cluster needs. */
  readonly secrets: readonly TlsSecret[];
}

function serviceOrigin(namespace: string, service: string): Cluster['origins'][number] {
  return originOf(objectKey({ ...parseServiceName(service), namespace }));
}

/** `application` and `protocol` as the request says, where it does not leave them to the port. */
interface PortUse {
  readonly application: Application;
  readonly protocol?: UpstreamProtocol;
}

function portUse(request: PortRequest): PortUse {
  if (request.kind === 'StreamPort') return { application: request.application };
  return { application: 'Http', ...(request.impliedHttp2 === true ? { protocol: 'Http2' } : {}) };
}

type PortRequest = ClusterRequest & { readonly kind: 'ServicePort' | 'StreamPort' };

/**
 * The cluster of one Service port, with the TLS of its BackendTLSPolicy. `clientCertificate` is the one that the
 * Gateway shows to backends (Gateway.spec.tls.backend). Undefined where the Service port can't be used: a route that
 * names the cluster all the same is then answered 500, and a connection is closed.
 */
function translatePortCluster(
  read: Read,
  request: PortRequest,
  clientCertificate: SecretName | undefined,
  options: TranslateOptions,
): ClusterTranslation | undefined {
  const use = portUse(request);
  const backend = resolveServicePort(read, request.namespace, request.service, request.port, use.application);
  if (!backend.ok) return undefined;
  const { tls } = backend.value;
  const protocol = use.protocol ?? backend.value.protocol;
  const traffic = resolveBackendTraffic(read, request.namespace, request.service);
  const budget =
    traffic?.retryBudget === undefined ? undefined : { retryBudget: traffic.retryBudget, origin: traffic.origin };
  const origins = [serviceOrigin(request.namespace, request.service), ...(budget === undefined ? [] : [budget.origin])];
  const { hostname, port } = backend.value;
  const refusedRanges = options.allowLocalEndpoints ? [] : options.egress.guardedRanges;
  const base = {
    name: request.name,
    protocol,
    weightedLocalities: false,
    ...(hostname === undefined ? {} : { dns: { hostname, port, refusedRanges } }),
    ...(budget === undefined ? {} : { retryBudget: budget.retryBudget }),
  };
  if (tls === undefined) return { cluster: { ...base, origins }, secrets: [] };
  const client = tls.client === undefined || tls.client === 'None' ? undefined : tls.client;
  const shown = tls.client === undefined ? clientCertificate : client?.name;
  return {
    cluster: {
      ...base,
      origins: [tls.origin, ...origins.filter((origin) => origin !== tls.origin)],
      tls: shown === undefined ? tls.tls : { ...tls.tls, clientCertificate: shown },
    },
    secrets: [...(tls.ca === undefined ? [] : [tls.ca]), ...(client === undefined ? [] : [client])],
  };
}

/** The cluster that holds the weighted backends of one rule. */
function translateRuleCluster(request: ClusterRequest & { readonly kind: 'Rule' | 'Datagrams' }): ClusterTranslation {
  const origins = [...new Set(request.backends.map(({ namespace, service }) => serviceOrigin(namespace, service)))];
  const protocol = request.kind === 'Datagrams' ? 'Udp' : request.protocol;
  const cluster = { name: request.name, protocol, origins: origins.sort(), weightedLocalities: true };
  return { cluster, secrets: [] };
}

/** The cluster of a request of any kind. */
export function translateCluster(
  read: Read,
  request: ClusterRequest,
  clientCertificate: SecretName | undefined,
  options: TranslateOptions,
): ClusterTranslation | undefined {
  switch (request.kind) {
    case 'ServicePort':
    case 'StreamPort':
      return translatePortCluster(read, request, clientCertificate, options);
    case 'Rule':
    case 'Datagrams':
      return translateRuleCluster(request);
    default:
      return unreachable(request);
  }
}
