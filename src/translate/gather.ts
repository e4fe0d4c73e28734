import type { GatewayName, Origin } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import { diffLists } from '../lib/list-change.ts';
import type { Last, Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import type { Attachment, ClusterRequest } from './attachment.ts';
import { frontOf } from './front.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import type { RouteTranslation } from './gateway-api/route.ts';
import type { GatewayParts } from './gateway.ts';
import type { IngressesTranslation } from './ingress/ingresses.ts';
import type { ListenerSets } from './listener-sets.ts';
import { type Section, speaksHttp } from './section.ts';

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

function isAttached({ attachments }: RouteTranslation, gateway: GatewayName): boolean {
  return attachments.some((attachment) => attachment.gateway === gateway);
}

function gatherAllRoutes(routes: readonly RouteTranslation[]): RoutesBrought {
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
  routes: readonly RouteTranslation[],
  last: Last<readonly RouteTranslation[], RoutesBrought> | undefined,
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

/** What makes sections, of one Gateway. */
interface Sectioned {
  readonly sections: readonly Section[];
  readonly secrets: readonly TlsSecret[];
}

const nothingAdded: Sectioned = { sections: [], secrets: [] };
const noSets: readonly Sectioned[] = [];

/** Without those that refuse a name which another one serves: an Ingress may bring what a listener lacks. */
function withoutServed(sections: readonly Section[]): readonly Section[] {
  const served = new Set(sections.filter(speaksHttp).map(({ port, hostname }) => `${port} ${hostname}`));
  return sections.filter(
    ({ protocol, port, hostname }) => protocol.kind !== 'Refused' || !served.has(`${port} ${hostname}`),
  );
}

/** The sections of a Gateway with those that others add to it: flat, and the list of last time while they are the same. */
function joinSections(own: Sectioned, sets: readonly Sectioned[], added: Sectioned): Sectioned {
  const all = [own, ...sets, added];
  const sections = all.flatMap((part) => part.sections);
  const refuses = sections.some(({ protocol }) => protocol.kind === 'Refused');
  return {
    sections: refuses ? withoutServed(sections) : sections,
    secrets: all.flatMap((part) => part.secrets),
  };
}

/** All that is asked of each Gateway. */
export function gatherParts<S extends Sources>(
  memo: Memo<S>,
  gateways: readonly GatewayTranslation[],
  listenerSets: ListenerSets,
  routes: readonly RouteTranslation[],
  ingresses: IngressesTranslation,
): readonly GatewayParts[] {
  const byRoutes = memo.evolve(gatherRoutes, '', routes);
  const byIngresses = gatherIngresses(memo, ingresses);
  const added = new Map(ingresses.sections.map((sections) => [sections.gateway, sections]));
  return gateways.map((gateway) => {
    const { backendClientCertificate, template } = gateway;
    const front = frontOf(template);
    const sets = listenerSets.ofGateway.get(gateway.name) ?? noSets;
    const { sections, secrets } = memo.run(
      joinSections,
      gateway.name,
      gateway,
      sets,
      added.get(gateway.name) ?? nothingAdded,
    );
    return {
      name: gateway.name,
      addresses: gateway.addresses,
      sections,
      attachments: joined(byRoutes.get(gateway.name)?.attachments, byIngresses.get(gateway.name)?.attachments),
      clusters: joined(byRoutes.get(gateway.name)?.clusters, byIngresses.get(gateway.name)?.clusters),
      secrets,
      ...(backendClientCertificate === undefined ? {} : { clientCertificate: backendClientCertificate }),
      ...(front === undefined ? {} : { front }),
    };
  });
}
