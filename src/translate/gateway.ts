import type { Cluster, EndpointSet } from '../ir/cluster.ts';
import type { GatewayIr } from '../ir/ir.ts';
import type { ClusterName, GatewayName, SecretName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import type { Memo } from '../lib/memo.ts';
import { compareStrings } from '../lib/order.ts';
import type { View } from '../snapshot/view.ts';
import { assembleGateway } from './assemble.ts';
import type { Attachment, ClusterRequest } from './attachment.ts';
import type { TranslateOptions } from './options.ts';
import { keepAttachments, keepCluster, keepSections, missingSecrets, type LeftOut } from './quarantine.ts';
import type { Section } from './section.ts';
import type { Shadowed } from './virtual-host.ts';

/** What all objects together ask of one Gateway. */
export interface GatewayParts {
  readonly name: GatewayName;
  /** To bind; at least one. */
  readonly addresses: readonly string[];
  readonly sections: readonly Section[];
  readonly attachments: readonly Attachment[];
  readonly clusters: readonly ClusterRequest[];
  readonly secrets: readonly TlsSecret[];
}

/** The steps that make clusters, as the APIs give them: each looks up what it needs. */
export interface BackendSteps {
  cluster(request: ClusterRequest): { readonly cluster: Cluster; readonly secrets: readonly TlsSecret[] };
  endpoints(request: ClusterRequest): EndpointSet;
}

export interface TranslatedGateway {
  readonly ir: GatewayIr;
  readonly shadowed: readonly Shadowed[];
}

function uniqueByName<T extends { readonly name: string }>(members: Iterable<T>): T[] {
  return [...new Map([...members].map((member) => [member.name, member])).values()].sort((a, b) =>
    compareStrings(a.name, b.name),
  );
}

interface Backends {
  readonly clusters: readonly Cluster[];
  readonly endpoints: readonly EndpointSet[];
  readonly secrets: readonly TlsSecret[];
}

function translateBackends(requests: readonly ClusterRequest[], steps: BackendSteps): Backends {
  const byName = new Map<ClusterName, ClusterRequest>();
  for (const request of requests) byName.set(request.name, request);
  const clusters: Cluster[] = [];
  const endpoints: EndpointSet[] = [];
  const secrets: TlsSecret[] = [];
  for (const name of [...byName.keys()].sort(compareStrings)) {
    const request = byName.get(name);
    if (request === undefined) continue;
    const made = steps.cluster(request);
    clusters.push(made.cluster);
    secrets.push(...made.secrets);
    endpoints.push(steps.endpoints(request));
  }
  return { clusters, endpoints, secrets };
}

/** Puts together one Gateway from its parts, without the objects that are left out. */
export function translateGatewayParts(
  memo: Memo<View>,
  parts: GatewayParts,
  steps: BackendSteps,
  options: TranslateOptions,
  out: LeftOut,
): TranslatedGateway {
  const backends = translateBackends(parts.clusters, steps);
  const allSecrets = uniqueByName([...parts.secrets, ...backends.secrets]);
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
      listeners: memo.list(`${parts.name}#listeners`, assembled.listeners),
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
  };
}
