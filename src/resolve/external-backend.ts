import type { UpstreamProtocol } from '../ir/cluster.ts';
import { originOf } from '../ir/name.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { kindTable, objectKey, type ObjectTypes, refOf } from '../snapshot/object.ts';
import type { Read } from '../snapshot/view.ts';
import { type BackendTls, evaluateValidation } from './backend-tls-policy.ts';
import { describeUnreadable, type Problem } from './problem.ts';
import { resolveCertificate } from './secret.ts';

type XBackend = ObjectTypes['XBackend'];

/** What an XBackend leads to: a host outside, by its name. */
export interface ExternalBackend {
  readonly hostname: string;
  readonly port: number;
  readonly protocol: UpstreamProtocol;
  readonly tls?: BackendTls;
}

function refuse(reason: string, message: string): Result<never, Problem> {
  return err({ reason, message });
}

/** What is spoken with the host; where the XBackend leaves it open, what the route sends. */
function protocolOf(backend: XBackend, application: 'Http' | 'Grpc'): Result<UpstreamProtocol, Problem> {
  const { protocol } = backend.spec;
  switch (protocol) {
    case undefined:
    case 'HTTP':
      return ok(application === 'Grpc' ? 'Http2' : 'Http1');
    case 'HTTP2':
    case 'H2C':
      return ok('Http2');
    case 'HTTP11':
      if (application === 'Http') return ok('Http1');
      return refuse('UnsupportedProtocol', 'Protocol HTTP11 carries no gRPC.');
    case 'MCP':
    case 'TCP':
      return refuse('UnsupportedProtocol', `Protocol ${protocol} can't be spoken for a route of HTTP or gRPC.`);
    default:
      return refuse('UnsupportedProtocol', `Protocol ${String(protocol)} is unknown.`);
  }
}

/** How TLS is spoken with the host: by the XBackend alone, whatever the Gateway shows to other backends. */
function tlsOf(read: Read, backend: XBackend): Result<BackendTls | undefined, Problem> {
  const { tls } = backend.spec;
  if (tls === undefined || tls.mode === 'None') return ok(undefined);
  if (tls.validation === undefined) return refuse('Invalid', `tls.mode ${tls.mode} needs tls.validation.`);
  const { namespace } = refOf(backend);
  const from = { group: kindTable.XBackend.group, kind: backend.kind, namespace };
  const evaluated = evaluateValidation(read, from, originOf(objectKey(refOf(backend))), tls.validation);
  if (evaluated.tls === undefined) return err(evaluated.problem);
  if (tls.mode === 'ServerOnly') return ok({ ...evaluated.tls, client: 'None' });
  if (tls.clientCertificateRef === undefined)
    return refuse('Invalid', 'ClientAndServer needs tls.clientCertificateRef.');
  const certificate = resolveCertificate(read, from, tls.clientCertificateRef, 'InvalidClientCertificateRef');
  if (!certificate.ok) return certificate;
  return ok({ ...evaluated.tls, client: certificate.value.secret });
}

/** Evaluates an XBackend by itself. Problems: UnsupportedValue, UnsupportedProtocol, and those of its TLS. */
export function evaluateExternalBackend(
  read: Read,
  backend: XBackend,
  application: 'Http' | 'Grpc',
): Result<ExternalBackend, Problem> {
  if (backend.unreadable !== undefined) return err(describeUnreadable(backend.unreadable));
  const hostname = backend.spec.externalHostname?.hostname.toLowerCase();
  if (backend.spec.type !== 'ExternalHostname' || hostname === undefined) {
    return refuse('UnsupportedValue', `Type ${backend.spec.type} is not served; ExternalHostname is.`);
  }
  // What is inside is named by Services, whose namespaces have a say in who may call them.
  if (/(?:^|\.)(?:local|localdomain|internal)$/.test(hostname) || !hostname.includes('.')) {
    return refuse('UnsupportedValue', `${hostname} is no host outside of the cluster.`);
  }
  const protocol = protocolOf(backend, application);
  if (!protocol.ok) return protocol;
  const tls = tlsOf(read, backend);
  if (!tls.ok) return tls;
  const base = { hostname, port: backend.spec.port.port, protocol: protocol.value };
  return ok(tls.value === undefined ? base : { ...base, tls: tls.value });
}
