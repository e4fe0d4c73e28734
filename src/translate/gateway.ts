import type { Cluster, EndpointSet } from '../ir/cluster.ts';
import type { Front } from '../ir/front.ts';
import type { GatewayIr } from '../ir/ir.ts';
import type { IngressListener } from '../ir/listener.ts';
import type { ClusterName, GatewayName, SecretName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import { diffLists } from '../lib/list-change.ts';
import type { Last, Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import { compareStrings } from '../lib/order.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import { describeRef } from '../snapshot/object.ts';
import type { View } from '../snapshot/view.ts';
import { assembleGateway } from './assemble.ts';
import type { Attachment, ClusterRequest } from './attachment.ts';
import { translateCluster } from './gateway-api/cluster.ts';
import { translateEndpoints } from './gateway-api/endpoint.ts';
import { putBehind } from './front.ts';
import type { TranslateOptions } from './options.ts';
import { keepAttachments, keepCluster, keepSections, missingSecrets, type LeftOut } from './quarantine.ts';
import type { RefusedEndpoints } from './refused-endpoints.ts';
import type { Section } from './section.ts';
import type { Shadowed } from './virtual-host.ts';

/** What all objects together ask of one Gateway. */
export interface GatewayParts {
  readonly name: GatewayName;
  /** To bind; at least one. */
  readonly addresses: readonly string[];
  readonly sections: readonly Section[];
  /** A list for each object. */
  readonly attachments: readonly (readonly Attachment[])[];
  readonly clusters: readonly (readonly ClusterRequest[])[];
  readonly secrets: readonly TlsSecret[];
  /** Shown to backends that ask for a client certificate (Gateway.spec.tls.backend). */
  readonly clientCertificate?: SecretName;
  /** The proxies in front of the Gateway. */
  readonly front?: Front;
}

export interface TranslatedGateway {
  readonly ir: GatewayIr;
  readonly shadowed: readonly Shadowed[];
  readonly diagnostics: readonly Diagnostic[];
  readonly refusedEndpoints: RefusedEndpoints;
}

function uniqueByName<T extends { readonly name: string }>(members: Iterable<T>): T[] {
  return [...new Map([...members].map((member) => [member.name, member])).values()].sort((a, b) =>
    compareStrings(a.name, b.name),
  );
}

function joinSecrets(...lists: readonly (readonly TlsSecret[])[]): readonly TlsSecret[] {
  return uniqueByName(lists.flat());
}

interface Backends {
  readonly clusters: readonly Cluster[];
  readonly endpoints: readonly EndpointSet[];
  readonly secrets: readonly TlsSecret[];
  readonly diagnostics: readonly Diagnostic[];
  readonly refused: RefusedEndpoints;
}

function servicePortRequest(
  name: ClusterName,
  namespace: string,
  service: string,
  port: number,
  impliedHttp2: true | undefined,
): ClusterRequest {
  return {
    kind: 'ServicePort',
    name,
    namespace,
    service,
    port,
    ...(impliedHttp2 === undefined ? {} : { impliedHttp2 }),
  };
}

/** Many routes ask for one cluster, each with a request of its own; the steps behind are memoised on one of them. */
function canonicalRequest<S extends Sources>(memo: Memo<S>, request: ClusterRequest): ClusterRequest {
  if (request.kind !== 'ServicePort') return request;
  const { name, namespace, service, port, impliedHttp2 } = request;
  return memo.run(servicePortRequest, name, name, namespace, service, port, impliedHttp2);
}

function describeRefusal({ object, message }: Diagnostic): string {
  return object === undefined ? message : `${describeRef(object)}: ${message}`;
}

interface Asked {
  readonly request: ClusterRequest;
  /** How many objects ask for it. */
  readonly times: number;
}

type RequestLists = readonly (readonly ClusterRequest[])[];

function ask(asked: Map<ClusterName, Asked>, lists: RequestLists, times: 1 | -1): void {
  for (const request of lists.flat()) {
    const known = asked.get(request.name);
    const count = (known?.times ?? 0) + times;
    if (count === 0) asked.delete(request.name);
    // One that is no longer asked for is not to be kept: a rule's cluster may be asked for anew, with other weights.
    else asked.set(request.name, { request: times === 1 ? request : (known?.request ?? request), times: count });
  }
}

/** Clusters by name, each once. At any one time equal names are equal requests, whoever asks. */
function countRequests(
  lists: RequestLists,
  last: Last<RequestLists, ReadonlyMap<ClusterName, Asked>> | undefined,
): ReadonlyMap<ClusterName, Asked> {
  const asked = new Map(last?.result);
  const { before, after } = diffLists(last?.input ?? [], lists);
  ask(asked, after, 1);
  ask(asked, before, -1);
  return asked;
}

function translateBackends<V extends View & Sources>(
  memo: Memo<V>,
  view: V,
  parts: GatewayParts,
  options: TranslateOptions,
): Backends {
  const asked = memo.evolve(countRequests, parts.name, parts.clusters);
  const clusters: Cluster[] = [];
  const endpoints: EndpointSet[] = [];
  const secrets: TlsSecret[] = [];
  const diagnostics: Diagnostic[] = [];
  const refused = new Map<ClusterName, string>();
  for (const [name, { request: kept }] of [...asked].sort(([a], [b]) => compareStrings(a, b))) {
    const request = canonicalRequest(memo, kept);
    const { clientCertificate } = parts;
    const key = `${name} ${clientCertificate ?? ''}`;
    const made = memo.track(translateCluster, key, view, request, clientCertificate, options);
    if (made === undefined) continue;
    clusters.push(made.cluster);
    secrets.push(...made.secrets);
    if (made.cluster.dns !== undefined) continue;
    const found = memo.track(translateEndpoints, name, view, request, options);
    endpoints.push(found.endpoints);
    diagnostics.push(...found.diagnostics);
    if (found.diagnostics.length > 0) refused.set(name, found.diagnostics.map(describeRefusal).join(' '));
  }
  return { clusters, endpoints, secrets, diagnostics, refused };
}

function putAllBehind<S extends Sources>(
  memo: Memo<S>,
  { name, front }: GatewayParts,
  listeners: readonly IngressListener[],
): readonly IngressListener[] {
  if (front === undefined) return listeners;
  const { proxyProtocol, trustedHops } = front;
  return listeners.map((listener) =>
    memo.run(putBehind, `${name} ${listener.name}`, listener, proxyProtocol, trustedHops),
  );
}

/** Puts together one Gateway from its parts, without the objects that are left out. */
export function translateGatewayParts<V extends View & Sources>(
  memo: Memo<V>,
  view: V,
  parts: GatewayParts,
  options: TranslateOptions,
  out: LeftOut,
): TranslatedGateway {
  const backends = translateBackends(memo, view, parts, options);
  const allSecrets = memo.run(
    joinSecrets,
    parts.name,
    parts.secrets,
    memo.list(`${parts.name}#backendSecrets`, backends.secrets),
  );
  const missing: ReadonlySet<SecretName> = missingSecrets(allSecrets, out);
  const assembled = assembleGateway(
    memo,
    parts.name,
    parts.addresses,
    keepSections(parts.sections, out, missing),
    keepAttachments(parts.attachments, out),
    options,
  );
  const clusters = out.size === 0 ? backends.clusters : backends.clusters.filter((c) => keepCluster(c, out, missing));
  const kept = new Set(clusters.map((cluster) => cluster.name));
  return {
    ir: {
      name: parts.name,
      listeners: memo.list(`${parts.name}#listeners`, putAllBehind(memo, parts, assembled.listeners)),
      routeTables: memo.list(`${parts.name}#routeTables`, assembled.routeTables),
      clusters: memo.list(`${parts.name}#clusters`, clusters),
      endpoints: memo.list(
        `${parts.name}#endpoints`,
        backends.endpoints.filter((endpointSet) => kept.has(endpointSet.cluster)),
      ),
      secrets: memo.list(
        `${parts.name}#secrets`,
        allSecrets.filter((secret) => !missing.has(secret.name)),
      ),
    },
    shadowed: assembled.shadowed,
    diagnostics: backends.diagnostics,
    refusedEndpoints: backends.refused,
  };
}
