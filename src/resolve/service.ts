import type { Service, ServicePort } from '../../gen/kubernetes/types.ts';
import type { UpstreamProtocol } from '../ir/cluster.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { type Read, readObject } from '../snapshot/view.ts';
import { resolveBackendTls, type BackendTls } from './backend-tls-policy.ts';
import type { Problem } from './problem.ts';
import { describeNotPermitted, isReferencePermitted, type ReferenceSource } from './reference-grant.ts';

/** A Service port that traffic can be sent to. */
export interface ServiceBackend {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** Empty for the single unnamed port. */
  readonly portName: string;
  readonly protocol: UpstreamProtocol;
  /** Set where a BackendTLSPolicy asks for TLS. */
  readonly tls?: BackendTls;
}

/** A reference to a Service as Routes and Ingresses write it. */
export interface BackendReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number;
}

const http1 = { protocol: 'Http1', needsTls: false } as const;
const http2 = { protocol: 'Http2', needsTls: false } as const;

/** What a port's appProtocol asks of a proxy that speaks HTTP; undefined where it can't be served. */
const applicationProtocols: {
  readonly [name: string]: { readonly protocol: UpstreamProtocol; readonly needsTls: boolean };
} = {
  '': http1,
  http: http1,
  'kubernetes.io/ws': http1,
  'kubernetes.io/h2c': http2,
  h2c: http2,
  http2,
  grpc: http2,
  https: { protocol: 'Http1', needsTls: true },
  'kubernetes.io/wss': { protocol: 'Http1', needsTls: true },
};

function notFound(message: string): Result<never, Problem> {
  return err({ reason: 'BackendNotFound', message });
}

function unsupportedProtocol(message: string): Result<never, Problem> {
  return err({ reason: 'UnsupportedProtocol', message });
}

/** The port entry with this number, the TCP one where several protocols share it. */
export function findServicePort(service: Service, port: number): ServicePort | undefined {
  const ports = (service.spec?.ports ?? []).filter((entry) => entry.port === port);
  return ports.find((entry) => (entry.protocol ?? 'TCP') === 'TCP') ?? ports[0];
}

/**
 * The backend that a port of a Service in the same place is, without asking for a grant. Problems: BackendNotFound,
 * InvalidKind (ExternalName), UnsupportedProtocol, and those of a BackendTLSPolicy that can't be met.
 */
export function resolveServicePort(
  read: Read,
  namespace: string,
  name: string,
  port: number,
): Result<ServiceBackend, Problem> {
  const service = readObject(read, 'Service', namespace, name);
  if (service === undefined) return notFound(`Service ${namespace}/${name} does not exist.`);
  if (service.spec?.type === 'ExternalName') {
    const message = `Service ${namespace}/${name} is of type ExternalName, which can lead anywhere and is not followed.`;
    return err({ reason: 'InvalidKind', message });
  }
  const entry = findServicePort(service, port);
  if (entry === undefined) return notFound(`Service ${namespace}/${name} has no port ${port}.`);
  const place = `Port ${port} of Service ${namespace}/${name}`;
  if ((entry.protocol ?? 'TCP') !== 'TCP') return unsupportedProtocol(`${place} speaks ${entry.protocol}, not TCP.`);
  const application = Object.hasOwn(applicationProtocols, entry.appProtocol ?? '')
    ? applicationProtocols[entry.appProtocol ?? '']
    : undefined;
  if (application === undefined) {
    return unsupportedProtocol(`${place} has appProtocol ${entry.appProtocol}, which HTTP can't be sent by.`);
  }
  const portName = entry.name ?? '';
  const tls = resolveBackendTls(read, namespace, name, portName);
  if (!tls.ok) return tls;
  if (application.needsTls && tls.value === undefined) {
    return unsupportedProtocol(`${place} has appProtocol ${entry.appProtocol}, which needs a BackendTLSPolicy.`);
  }
  const backend = { namespace, service: name, port, portName, protocol: application.protocol };
  return ok(tls.value === undefined ? backend : { ...backend, tls: tls.value });
}

/** The backend that a reference names, if its kind, its namespace's grants and the Service allow it. */
export function resolveBackend(
  read: Read,
  from: ReferenceSource,
  ref: BackendReference,
): Result<ServiceBackend, Problem> {
  const namespace = ref.namespace ?? from.namespace;
  const target = { group: ref.group ?? '', kind: ref.kind ?? 'Service', namespace, name: ref.name };
  if (target.group !== '' || target.kind !== 'Service') {
    const message = `${target.kind} of group "${target.group}" can't be a backend; use a Service.`;
    return err({ reason: 'InvalidKind', message });
  }
  if (!isReferencePermitted(read, from, target)) {
    return err({ reason: 'RefNotPermitted', message: describeNotPermitted(from, target) });
  }
  if (ref.port === undefined) {
    return notFound(`The reference to Service ${namespace}/${ref.name} names no port, and Services need one.`);
  }
  return resolveServicePort(read, namespace, ref.name, ref.port);
}
