import type { ServicePort } from '../../gen/kubernetes/types.ts';
import type { UpstreamProtocol } from '../ir/cluster.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { kindTable } from '../snapshot/object.ts';
import { parseServiceName, serviceNameOf } from '../snapshot/service-name.ts';
import { type Read, readObject } from '../snapshot/view.ts';
import { resolveBackendTls, type BackendTls } from './backend-tls-policy.ts';
import { evaluateExternalBackend } from './external-backend.ts';
import type { Problem } from './problem.ts';
import {
  describeNotPermitted,
  isReferencePermitted,
  type ReferenceSource,
  type ReferenceTarget,
} from './reference-grant.ts';

/** A port of a Service, a ServiceImport or an XBackend that traffic can be sent to. */
export interface ServiceBackend {
  readonly namespace: string;
  /** The name among Services: the other kinds have one too. */
  readonly service: string;
  readonly port: number;
  /** Empty for the single unnamed port. */
  readonly portName: string;
  readonly protocol: UpstreamProtocol;
  /** The protocol is HTTP/2 as what is sent needs it; by itself the port would be taken for HTTP/1.1. */
  readonly impliedHttp2?: true;
  /** Set where a BackendTLSPolicy, or an XBackend, asks for TLS. */
  readonly tls?: BackendTls;
  /** Set for an XBackend: the host that the DNS is asked for. */
  readonly hostname?: string;
}

/** A reference to a backend as Routes write it. */
export interface BackendReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number;
}

/**
 * What is sent: gRPC needs HTTP/2, also where a port does not say that it speaks it. `Tls` is TLS that a client speaks
 * with the backend itself; `Tcp` is any other stream.
 */
export type Application = 'Http' | 'Grpc' | 'Tcp' | 'Tls' | 'Udp';

const http1 = { protocol: 'Http1', needsTls: false } as const;
const http2 = { protocol: 'Http2', needsTls: false } as const;

interface ApplicationProtocol {
  readonly protocol: UpstreamProtocol;
  readonly needsTls: boolean;
  /** Speaks nothing but WebSocket. */
  readonly webSocket?: true;
}

/** What a port's appProtocol asks of a proxy that speaks HTTP; undefined where it can't be served. */
const applicationProtocols: { readonly [name: string]: ApplicationProtocol } = {
  '': http1,
  http: http1,
  'kubernetes.io/ws': { ...http1, webSocket: true },
  'kubernetes.io/h2c': http2,
  h2c: http2,
  http2,
  grpc: http2,
  https: { protocol: 'Http1', needsTls: true },
  'kubernetes.io/wss': { protocol: 'Http1', needsTls: true, webSocket: true },
};

/** Names of the IANA registry are compared without case (RFC 6335, section 5.1), those with a prefix as they are. */
function findApplicationProtocol(name: string): ApplicationProtocol | undefined {
  const key = name.includes('/') ? name : name.toLowerCase();
  return Object.hasOwn(applicationProtocols, key) ? applicationProtocols[key] : undefined;
}

function notFound(message: string): Result<never, Problem> {
  return err({ reason: 'BackendNotFound', message });
}

function unsupportedProtocol(message: string): Result<never, Problem> {
  return err({ reason: 'UnsupportedProtocol', message });
}

/** A port as a Service or a ServiceImport has it. */
export type PortEntry = Pick<ServicePort, 'name' | 'port' | 'appProtocol' | 'targetPort'> & {
  readonly protocol?: string;
};

/** What a Service or a ServiceImport says of itself. */
interface Ported {
  readonly isExternalName: boolean;
  readonly ports: readonly PortEntry[];
}

/** The object that has this name among Services; undefined where it is not there. */
function readPorted(read: Read, namespace: string, service: string): Ported | undefined {
  const { kind, name } = parseServiceName(service);
  if (kind === 'ServiceImport') {
    const found = readObject(read, kind, namespace, name);
    return found === undefined ? undefined : { isExternalName: false, ports: found.spec?.ports ?? [] };
  }
  if (kind === 'XBackend') return undefined;
  const found = readObject(read, kind, namespace, name);
  if (found === undefined) return undefined;
  return { isExternalName: found.spec?.type === 'ExternalName', ports: found.spec?.ports ?? [] };
}

/** `Kind namespace/name`, as people write it. */
function describeService(namespace: string, service: string): string {
  const { kind, name } = parseServiceName(service);
  return `${kind} ${namespace}/${name}`;
}

/** The host that a backend is spoken to by within its cluster, or its set of clusters. */
export function hostOfService(namespace: string, service: string): string {
  const { kind, name } = parseServiceName(service);
  return `${name}.${namespace}.svc${kind === 'ServiceImport' ? '.clusterset.local' : ''}`;
}

/**
 * The port entry with this number, the one of the transport where several protocols share it. `service` is a name
 * among Services.
 */
export function findServicePort(
  read: Read,
  namespace: string,
  service: string,
  port: number,
  transport: 'TCP' | 'UDP' = 'TCP',
): PortEntry | undefined {
  return findPort(readPorted(read, namespace, service)?.ports ?? [], port, transport);
}

function findPort(all: readonly PortEntry[], port: number, transport: 'TCP' | 'UDP'): PortEntry | undefined {
  const ports = all.filter((entry) => entry.port === port);
  return ports.find((entry) => (entry.protocol ?? 'TCP') === transport) ?? ports[0];
}

/** How a port is spoken to by a proxy that reads nothing of what is sent, so that its appProtocol does not matter. */
function resolveStreamPort(
  read: Read,
  port: Pick<ServiceBackend, 'namespace' | 'service' | 'port' | 'portName'>,
  application: 'Tcp' | 'Tls' | 'Udp',
): Result<ServiceBackend, Problem> {
  if (application === 'Udp') return ok({ ...port, protocol: 'Udp' });
  if (application === 'Tls') return ok({ ...port, protocol: 'Tcp' });
  const tls = resolveBackendTls(read, port.namespace, port.service, port.portName);
  if (!tls.ok) return tls;
  return ok({ ...port, protocol: 'Tcp', ...(tls.value === undefined ? {} : { tls: tls.value }) });
}

/** The backend that an XBackend is. The guard against addresses inside looks at requests, so only these are sent. */
function resolveExternal(
  read: Read,
  namespace: string,
  service: string,
  port: number,
  application: Application,
): Result<ServiceBackend, Problem> {
  const described = describeService(namespace, service);
  const backend = readObject(read, 'XBackend', namespace, parseServiceName(service).name);
  if (backend === undefined) return notFound(`${described} does not exist.`);
  if (backend.spec.port.port !== port) return notFound(`${described} has no port ${port}.`);
  if (application !== 'Http' && application !== 'Grpc') {
    return unsupportedProtocol(`${described} can be a backend of HTTPRoutes and GRPCRoutes only.`);
  }
  const external = evaluateExternalBackend(read, backend, application);
  if (!external.ok) {
    return err({ ...external.error, message: `${described} can't be used: ${external.error.message}` });
  }
  const { hostname, protocol, tls } = external.value;
  const open = backend.spec.protocol === undefined || backend.spec.protocol === 'HTTP';
  const implied = open && application === 'Grpc' ? ({ impliedHttp2: true } as const) : {};
  const base = { namespace, service, port, portName: '', protocol, hostname, ...implied };
  return ok(tls === undefined ? base : { ...base, tls });
}

/**
 * The backend that a port is, of a Service or what else has a name among Services, without asking for a grant. Problems: BackendNotFound,
 * InvalidKind (ExternalName), UnsupportedProtocol, and those of a BackendTLSPolicy that can't be met.
 */
export function resolveServicePort(
  read: Read,
  namespace: string,
  name: string,
  port: number,
  application: Application = 'Http',
): Result<ServiceBackend, Problem> {
  if (parseServiceName(name).kind === 'XBackend') return resolveExternal(read, namespace, name, port, application);
  const service = readPorted(read, namespace, name);
  const described = describeService(namespace, name);
  if (service === undefined) return notFound(`${described} does not exist.`);
  if (service.isExternalName) {
    const message = `${described} is of type ExternalName, which can lead anywhere and is not followed.`;
    return err({ reason: 'InvalidKind', message });
  }
  const transport = application === 'Udp' ? 'UDP' : 'TCP';
  const entry = findPort(service.ports, port, transport);
  if (entry === undefined) return notFound(`${described} has no port ${port}.`);
  const place = `Port ${port} of ${described}`;
  const spokenBy = entry.protocol ?? 'TCP';
  if (spokenBy !== transport) return unsupportedProtocol(`${place} speaks ${spokenBy}, not ${transport}.`);
  const portName = entry.name ?? '';
  if (application === 'Tcp' || application === 'Tls' || application === 'Udp') {
    return resolveStreamPort(read, { namespace, service: name, port, portName }, application);
  }
  const spoken = findApplicationProtocol(entry.appProtocol ?? '');
  if (spoken === undefined || (application === 'Grpc' && spoken.webSocket === true)) {
    const sent = application === 'Grpc' ? 'gRPC' : 'HTTP';
    return unsupportedProtocol(`${place} has appProtocol ${entry.appProtocol}, which ${sent} can't be sent by.`);
  }
  const tls = resolveBackendTls(read, namespace, name, portName);
  if (!tls.ok) return tls;
  if (spoken.needsTls && tls.value === undefined) {
    return unsupportedProtocol(`${place} has appProtocol ${entry.appProtocol}, which needs a BackendTLSPolicy.`);
  }
  const implied = application === 'Grpc' && spoken.protocol !== 'Http2' ? ({ impliedHttp2: true } as const) : {};
  const protocol = application === 'Grpc' ? 'Http2' : spoken.protocol;
  const backend = { namespace, service: name, port, portName, protocol, ...implied };
  return ok(tls.value === undefined ? backend : { ...backend, tls: tls.value });
}

/** An XBackend has one port, which a reference need not name. */
function portOfExternal(read: Read, { kind, namespace, name }: ReferenceTarget): number | undefined {
  return kind === 'XBackend' ? readObject(read, kind, namespace, name)?.spec.port.port : undefined;
}

/** The name among Services of what is referred to; undefined for kinds that have none. */
export function findServiceName({
  group,
  kind,
  name,
}: Pick<ReferenceTarget, 'group' | 'kind' | 'name'>): string | undefined {
  if (group === '' && kind === 'Service') return name;
  if (kind !== 'ServiceImport' && kind !== 'XBackend') return undefined;
  return group === kindTable[kind].group ? serviceNameOf(kind, name) : undefined;
}

/** The backend that a reference names, if its kind, its namespace's grants and the Service allow it. */
export function resolveBackend(
  read: Read,
  from: ReferenceSource,
  ref: BackendReference,
  application: Application = 'Http',
): Result<ServiceBackend, Problem> {
  const namespace = ref.namespace ?? from.namespace;
  const target = { group: ref.group ?? '', kind: ref.kind ?? 'Service', namespace, name: ref.name };
  const service = findServiceName(target);
  if (service === undefined) {
    const message = `${target.kind} of group "${target.group}" can't be a backend; use a Service.`;
    return err({ reason: 'InvalidKind', message });
  }
  if (!isReferencePermitted(read, from, target)) {
    return err({ reason: 'RefNotPermitted', message: describeNotPermitted(from, target) });
  }
  const port = ref.port ?? portOfExternal(read, target);
  if (port === undefined) {
    const described = describeService(namespace, service);
    if (target.kind === 'XBackend') return notFound(`${described} does not exist.`);
    return notFound(`The reference to ${described} names no port, and ${target.kind}s need one.`);
  }
  return resolveServicePort(read, namespace, service, port, application);
}
