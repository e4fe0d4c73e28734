import { RouteConfigurationSchema } from '../../../gen/envoy/envoy/config/route/v3/route_pb.js';
import { VirtualHostSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import type { Route, VirtualHost } from '../../ir/route.ts';
import { contentHash } from '../../lib/hash.ts';
import { encode } from '../proto.ts';
import { lengthPrefix } from '../wire.ts';
import type { EncodedRoute } from './route.ts';
import { sectionCondition, sectionFallbacks } from './section.ts';

/** A virtual host as bytes, with the tag that makes it an element of a RouteConfiguration. */
export interface EncodedVirtualHost {
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly routes: readonly EncodedRoute[];
  readonly requires: readonly Requirement[];
}

const routesField = VirtualHostSchema.field.routes.number;
const virtualHostsField = RouteConfigurationSchema.field.virtualHosts.number;

function uniqueRequirements(routes: readonly EncodedRoute[]): readonly Requirement[] {
  const [only, second] = routes;
  if (only === undefined) return [];
  if (second === undefined) return only.requires;
  const byName = new Map<string, Requirement>();
  for (const route of routes) for (const requirement of route.requires) byName.set(requirement.name, requirement);
  return [...byName.values()];
}

/** Joins a virtual host from its routes' bytes; with `bySection` they hold for its section only. */
export function encodeVirtualHost(
  host: VirtualHost,
  bySection: boolean,
  encodeOnce: (route: Route) => EncodedRoute,
): EncodedVirtualHost {
  const routes = host.routes.map(encodeOnce);
  const head = encode(VirtualHostSchema, { name: host.name, domains: [...host.domains] });
  const condition = bySection ? sectionCondition(host.section) : new Uint8Array();
  const parts: Uint8Array[] = [head];
  for (const { messages } of routes) {
    for (const message of messages) {
      parts.push(lengthPrefix(routesField, message.length + condition.length), message, condition);
    }
  }
  const fallbacks = bySection ? sectionFallbacks(host.section) : [];
  for (const message of fallbacks) parts.push(lengthPrefix(routesField, message.length), message);
  let length = 0;
  for (const part of parts) length += part.length;
  parts.unshift(lengthPrefix(virtualHostsField, length));
  const bytes = Buffer.concat(parts);
  const hash = contentHash(head, condition, ...fallbacks, ...routes.map((route) => route.hash));
  return { hash, bytes, routes, requires: uniqueRequirements(routes) };
}
