import type { GatewayName, Origin } from '../ir/name.ts';
import type { Memo, Sources } from '../lib/memo.ts';
import type { Attachment, ClusterRequest } from './attachment.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import type { HttpRouteTranslation } from './gateway-api/http-route.ts';
import type { GatewayParts } from './gateway.ts';
import type { IngressesTranslation } from './ingress/ingresses.ts';
import type { Section } from './section.ts';

/**
 * What routes and Ingresses bring to a Gateway, a list for each object: a list keeps its identity while its object's
 * translation does, so that the few that changed are found without looking into the others.
 */
interface Brought {
  readonly attachments: (readonly Attachment[])[];
  readonly clusters: (readonly ClusterRequest[])[];
}

function gatherRoutes(brought: ReadonlyMap<GatewayName, Brought>, routes: readonly HttpRouteTranslation[]): void {
  for (const { attachments, clusters } of routes) {
    for (const { gateway } of attachments) {
      const to = brought.get(gateway);
      if (to === undefined || to.attachments.at(-1) === attachments) continue;
      to.attachments.push(attachments);
      to.clusters.push(clusters);
    }
  }
}

function gatherIngresses<S extends Sources>(
  memo: Memo<S>,
  brought: ReadonlyMap<GatewayName, Brought>,
  ingresses: IngressesTranslation,
): void {
  const byObject = new Map<GatewayName, Map<Origin, Attachment[]>>();
  for (const attachment of ingresses.attachments) {
    const objects = byObject.get(attachment.gateway) ?? new Map<Origin, Attachment[]>();
    byObject.set(attachment.gateway, objects);
    const list = objects.get(attachment.origin);
    if (list === undefined) objects.set(attachment.origin, [attachment]);
    else list.push(attachment);
  }
  for (const [gateway, objects] of byObject) {
    for (const [origin, list] of objects) {
      brought.get(gateway)?.attachments.push(memo.list(`${gateway}#${origin}`, list));
    }
  }
  for (const { gateway, requests } of ingresses.clusters) brought.get(gateway)?.clusters.push(requests);
}

/** All that is asked of each Gateway. */
export function gatherParts<S extends Sources>(
  memo: Memo<S>,
  gateways: readonly GatewayTranslation[],
  routes: readonly HttpRouteTranslation[],
  ingresses: IngressesTranslation,
): readonly GatewayParts[] {
  const brought = new Map<GatewayName, Brought>(
    gateways.map((gateway) => [gateway.name, { attachments: [], clusters: [] }]),
  );
  gatherRoutes(brought, routes);
  gatherIngresses(memo, brought, ingresses);
  const added = new Map(ingresses.sections.map((sections) => [sections.gateway, sections]));
  return gateways.map((gateway) => {
    const { backendClientCertificate } = gateway;
    const sections: readonly Section[] = [...gateway.sections, ...(added.get(gateway.name)?.sections ?? [])];
    return {
      name: gateway.name,
      addresses: gateway.addresses,
      sections,
      attachments: brought.get(gateway.name)?.attachments ?? [],
      clusters: brought.get(gateway.name)?.clusters ?? [],
      secrets: [...gateway.secrets, ...(added.get(gateway.name)?.secrets ?? [])],
      ...(backendClientCertificate === undefined ? {} : { clientCertificate: backendClientCertificate }),
    };
  });
}
