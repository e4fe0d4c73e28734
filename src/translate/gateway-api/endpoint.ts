import { isIP } from 'node:net';
import type { EndpointSlice } from '../../../gen/kubernetes/types.ts';
import type { Endpoint, EndpointSet, Locality } from '../../ir/cluster.ts';
import { compareStrings } from '../../lib/order.ts';
import { unreachable } from '../../lib/never.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { ClusterRequest } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import { isLocalAddress } from '../../resolve/address.ts';
import { findServicePort, type PortEntry } from '../../resolve/service.ts';

export interface EndpointTranslation {
  readonly endpoints: EndpointSet;
  readonly diagnostics: readonly Diagnostic[];
}

interface Candidate extends Endpoint {
  readonly ready: boolean;
  /** Not ready, as it ends, but it still answers. */
  readonly draining: boolean;
}

function portNumber(slice: EndpointSlice, servicePort: PortEntry): number | undefined {
  const entry = (slice.ports ?? []).find(
    (port) =>
      (port.name ?? '') === (servicePort.name ?? '') && (port.protocol ?? 'TCP') === (servicePort.protocol ?? 'TCP'),
  );
  if (entry === undefined) return undefined;
  if (entry.port !== undefined) return entry.port;
  // A slice port without a number stands for every port.
  const { targetPort, port } = servicePort;
  return typeof targetPort === 'number' ? targetPort : port;
}

function candidatesOf(slice: EndpointSlice, port: number): readonly Candidate[] {
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions }) => {
    const ready = conditions?.ready ?? true;
    const draining = conditions?.terminating === true && (conditions.serving ?? ready);
    return addresses.map((address) => ({ address: address.toLowerCase(), port, ready, draining }));
  });
}

function refuse(slice: EndpointSlice, message: string): Diagnostic {
  return { severity: 'error', reason: 'UnsupportedValue', message, object: refOf(slice) };
}

/** As kube-proxy chooses: those that are ready or, where there is none, those that still answer while they end. */
function choose(candidates: readonly Candidate[]): readonly Endpoint[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter((candidate) => candidate.draining);
  const unique = new Map(chosen.map(({ address, port }) => [`${address} ${port}`, { address, port }]));
  return [...unique.values()].sort((a, b) => compareStrings(a.address, b.address) || a.port - b.port);
}

function readEndpoints(
  read: Read,
  backend: { readonly namespace: string; readonly service: string; readonly port: number },
  options: TranslateOptions,
  diagnostics: Diagnostic[],
  transport: 'TCP' | 'UDP' = 'TCP',
): readonly Endpoint[] {
  const { namespace, service: name } = backend;
  const servicePort = findServicePort(read, namespace, name, backend.port, transport);
  if (servicePort === undefined) return [];
  const candidates: Candidate[] = [];
  for (const slice of read('slicesOfService', `${namespace}/${name}`) ?? []) {
    if (slice.addressType !== 'IPv4' && slice.addressType !== 'IPv6') {
      diagnostics.push(refuse(slice, `Endpoints of type ${slice.addressType} are not used; give IP addresses.`));
      continue;
    }
    const port = portNumber(slice, servicePort);
    if (port === undefined) continue;
    for (const candidate of candidatesOf(slice, port)) {
      if (isIP(candidate.address) !== (slice.addressType === 'IPv4' ? 4 : 6)) {
        diagnostics.push(refuse(slice, `${candidate.address} is no ${slice.addressType} address.`));
      } else if (!options.allowLocalEndpoints && isLocalAddress(candidate.address)) {
        diagnostics.push(refuse(slice, `${candidate.address} is a loopback, link-local or metadata address.`));
      } else if (!options.allowLocalEndpoints && read('nodesOfAddress', candidate.address) !== undefined) {
        diagnostics.push(refuse(slice, `${candidate.address} is the address of a node of this cluster.`));
      } else candidates.push(candidate);
    }
  }
  return choose(candidates);
}

/**
 * The localities of datagrams. The share of a Service without endpoints is thrown away with that of those that can't be
 * used (UDPRouteRule.backendRefs): an empty locality would leave it to the others.
 */
function datagramLocalities(
  read: Read,
  { backends, invalidWeight }: ClusterRequest & { readonly kind: 'Datagrams' },
  options: TranslateOptions,
  diagnostics: Diagnostic[],
): readonly Locality[] {
  const localities = backends.map((backend) => ({
    name: `${backend.namespace}/${backend.service}:${backend.port}`,
    weight: backend.weight,
    endpoints: readEndpoints(read, backend, options, diagnostics, 'UDP'),
  }));
  const served = localities.filter(({ endpoints }) => endpoints.length > 0);
  const weight = localities
    .filter(({ endpoints }) => endpoints.length === 0)
    .reduce((sum, locality) => sum + locality.weight, invalidWeight);
  return weight === 0 ? served : [...served, { name: 'discarded', weight, endpoints: [], discards: true }];
}

/** The addresses behind a cluster. It reads Services and EndpointSlices only, so that endpoints change by themselves. */
export function translateEndpoints(
  read: Read,
  request: ClusterRequest,
  options: TranslateOptions,
): EndpointTranslation {
  const diagnostics: Diagnostic[] = [];
  const localities = ((): readonly Locality[] => {
    switch (request.kind) {
      case 'ServicePort':
      case 'StreamPort': {
        const endpoints = readEndpoints(read, request, options, diagnostics);
        return [{ name: `${request.namespace}/${request.service}`, endpoints }];
      }
      case 'Rule':
        return request.backends.map((backend) => ({
          name: `${backend.namespace}/${backend.service}:${backend.port}`,
          weight: backend.weight,
          endpoints: readEndpoints(read, backend, options, diagnostics),
        }));
      case 'Datagrams':
        return datagramLocalities(read, request, options, diagnostics);
      default:
        return unreachable(request);
    }
  })();
  return { endpoints: { cluster: request.name, localities }, diagnostics };
}
