import type { GatewayName, Origin } from '../ir/name.ts';
import { diffLists } from '../lib/list-change.ts';
import type { Last, Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
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

/** What routes bring, by Gateway. */
type RoutesBrought = ReadonlyMap<GatewayName, Brought>;

function isAttached({ attachments }: HttpRouteTranslation, gateway: GatewayName): boolean {
  return attachments.some((attachment) => attachment.gateway === gateway);
}

function gatherAllRoutes(routes: readonly HttpRouteTranslation[]): RoutesBrought {
  const brought = new Map<GatewayName, Brought>();
  for (const { attachments, clusters } of routes) {
    for (const { gateway } of attachments) {
      const to = brought.get(gateway) ?? { attachments: [], clusters: [] };
      brought.set(gateway, to);
      if (to.attachments.at(-1) === attachments) continue;
      to.attachments.push(attachments);
      to.clusters.push(clusters);
    }
  }
  return brought;
}

/** More changes than this are gathered from scratch, which is then no slower. */
const fewChanges = 50;

/** As `gatherAllRoutes`, by putting the few routes that changed into the lists of last time. */
function gatherRoutes(
  routes: readonly HttpRouteTranslation[],
  last: Last<readonly HttpRouteTranslation[], RoutesBrought> | undefined,
): RoutesBrought {
  if (last === undefined) return gatherAllRoutes(routes);
  const { start, before, after } = diffLists(last.input, routes);
  if (before.length + after.length > fewChanges) return gatherAllRoutes(routes);
  const brought = new Map(last.result);
  const touched = new Set(
    [...before, ...after].flatMap(({ attachments }) => attachments.map(({ gateway }) => gateway)),
  );
  for (const gateway of touched) {
    const known = last.result.get(gateway) ?? { attachments: [], clusters: [] };
    const previous = routes.slice(0, start).findLast((route) => isAttached(route, gateway));
    const at = previous === undefined ? 0 : known.attachments.lastIndexOf(previous.attachments) + 1;
    const gone = before.filter((route) => isAttached(route, gateway)).length;
    const come = after.filter((route) => isAttached(route, gateway));
    brought.set(gateway, {
      attachments: known.attachments.toSpliced(at, gone, ...come.map(({ attachments }) => attachments)),
      clusters: known.clusters.toSpliced(at, gone, ...come.map(({ clusters }) => clusters)),
    });
  }
  return brought;
}

function gatherIngresses<S extends Sources>(memo: Memo<S>, ingresses: IngressesTranslation): RoutesBrought {
  const brought = new Map<GatewayName, Brought>();
  const bringTo = (gateway: GatewayName): Brought => {
    const to = brought.get(gateway) ?? { attachments: [], clusters: [] };
    brought.set(gateway, to);
    return to;
  };
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
      bringTo(gateway).attachments.push(memo.list(`${gateway}#${origin}`, list));
    }
  }
  for (const { gateway, requests } of ingresses.clusters) bringTo(gateway).clusters.push(requests);
  return brought;
}

/** The usual Gateway has routes or Ingresses, not both: its list is then passed on as it is. */
function joined<T>(a: readonly T[] = [], b: readonly T[] = []): readonly T[] {
  if (b.length === 0) return a;
  return a.length === 0 ? b : [...a, ...b];
}

/** All that is asked of each Gateway. */
export function gatherParts<S extends Sources>(
  memo: Memo<S>,
  gateways: readonly GatewayTranslation[],
  routes: readonly HttpRouteTranslation[],
  ingresses: IngressesTranslation,
): readonly GatewayParts[] {
  const byRoutes = memo.evolve(gatherRoutes, '', routes);
  const byIngresses = gatherIngresses(memo, ingresses);
  const added = new Map(ingresses.sections.map((sections) => [sections.gateway, sections]));
  return gateways.map((gateway) => {
    const { backendClientCertificate } = gateway;
    const sections: readonly Section[] = [...gateway.sections, ...(added.get(gateway.name)?.sections ?? [])];
    return {
      name: gateway.name,
      addresses: gateway.addresses,
      sections,
      attachments: joined(byRoutes.get(gateway.name)?.attachments, byIngresses.get(gateway.name)?.attachments),
      clusters: joined(byRoutes.get(gateway.name)?.clusters, byIngresses.get(gateway.name)?.clusters),
      secrets: [...gateway.secrets, ...(added.get(gateway.name)?.secrets ?? [])],
      ...(backendClientCertificate === undefined ? {} : { clientCertificate: backendClientCertificate }),
    };
  });
}
