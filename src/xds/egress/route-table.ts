import { RouteConfigurationSchema } from '../../../gen/envoy/envoy/config/route/v3/route_pb.js';
import { type RouteSchema, VirtualHostSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { Requirement } from '../../ads/resource.ts';
import { clusterType, routeConfigurationType } from '../../ads/type-url.ts';
import type { EgressTarget, ForwardProxyListener } from '../../ir/egress.ts';
import { routeTableName, type Origin, type RouteTableName } from '../../ir/name.ts';
import { contentHash } from '../../lib/hash.ts';
import { ipRange } from '../../lib/ip-range.ts';
import { encode, type Init } from '../proto.ts';
import type { Fragment, XdsResource } from '../resource.ts';
import { delimited } from '../wire.ts';
import { domainOf, rangeCondition } from './authority.ts';
import { identityHeaders } from './identity.ts';
import { settingsKey } from './kept.ts';
import { fallbackRoutes } from './refusal.ts';
import { buildRoutes } from './route.ts';
import { tunnelOf } from './tunnel.ts';

type RouteInit = Init<typeof RouteSchema>;

/**
 * What the destination must not learn of the caller and the gateway: who and where the caller is, what it would prove
 * itself to the gateway with, and what Envoy adds for its own kind.
 */
const removedHeaders: readonly string[] = [
  ...Object.values(identityHeaders),
  'forwarded',
  'proxy-authorization',
  'proxy-connection',
  'via',
  'x-envoy-attempt-count',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-external-address',
  'x-envoy-internal',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-request-id',
];

/** A virtual host as bytes. */
interface EncodedHost {
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly origins: readonly Origin[];
}

/** Encodes the virtual host of a target once for each listener. */
export type KeepHost = (target: EgressTarget, settings: string, make: () => EncodedHost) => EncodedHost;

const virtualHostsField = RouteConfigurationSchema.field.virtualHosts.number;

function encodeHost(
  name: string,
  domain: string,
  routes: readonly RouteInit[],
  targets: readonly EgressTarget[],
): EncodedHost {
  const bytes = encode(VirtualHostSchema, { name, domains: [domain], routes: [...routes] });
  const origins = new Set(targets.flatMap((target) => target.routes.map((route) => route.origin)));
  return { bytes, hash: contentHash(bytes), origins: [...origins].sort() };
}

/** The routes of a target, and at their end the refusal: none of a wider target is asked any more. */
function routesOf(listener: ForwardProxyListener, target: EgressTarget): readonly RouteInit[] {
  const { pattern, port } = target;
  const byRoute = pattern.kind === 'Range' && domainOf(pattern, port) === undefined;
  const condition = byRoute ? rangeCondition(ipRange(pattern.range), port) : undefined;
  const conditions = condition === undefined ? [] : [condition];
  const { name, resolver, longestTunnelMs } = listener;
  const context = { listener: name, resolver, longestTunnelMs, port, conditions };
  return [...target.routes.flatMap((route) => buildRoutes(route, context)), ...fallbackRoutes(true, conditions)];
}

/** Longer prefixes first: of the ranges that hold an address, the narrowest decides. */
function byLength(a: EgressTarget, b: EgressTarget): number {
  return lengthOf(b) - lengthOf(a);
}

function lengthOf({ pattern }: EgressTarget): number {
  return pattern.kind === 'Range' ? ipRange(pattern.range).length : 0;
}

function encodeHosts(listener: ForwardProxyListener, keep: KeepHost): readonly EncodedHost[] {
  const settings = settingsKey(listener);
  const hosts: EncodedHost[] = [];
  const ranges: EgressTarget[] = [];
  for (const target of listener.targets) {
    const domain = domainOf(target.pattern, target.port);
    if (domain !== undefined)
      hosts.push(keep(target, settings, () => encodeHost(domain, domain, routesOf(listener, target), [target])));
    else if (target.pattern.kind === 'Range' && ipRange(target.pattern.range).family === 4) ranges.push(target);
  }
  const rest = ranges.sort(byLength).flatMap((target) => routesOf(listener, target));
  return [...hosts, encodeHost('every-other-host', '*', [...rest, ...fallbackRoutes(false)], ranges)];
}

function requirementsOf(listener: ForwardProxyListener): readonly Requirement[] {
  const names = new Set<string>();
  for (const { port, routes } of listener.targets) {
    for (const { action } of routes) {
      if (action.kind === 'Refuse') continue;
      names.add(action.upstream.name);
      if (action.kind === 'Tunnel' && action.checkServerName && port !== 'Default') {
        names.add(tunnelOf(listener.name, port, action.upstream).name);
      }
    }
  }
  return [...names].sort().map((name) => ({ typeUrl: clusterType, name }));
}

export function egressRouteTableName(listener: ForwardProxyListener): RouteTableName {
  return routeTableName('egress', listener.port, listener.bind.address);
}

function* fragmentsOf(hosts: readonly EncodedHost[]): Generator<Fragment> {
  for (const { hash, origins } of hosts) yield { hash, origins };
}

/** The decisions of a forward proxy: a virtual host for each target, and one that denies all others. */
export function buildEgressRouteTable(listener: ForwardProxyListener, keep: KeepHost): XdsResource {
  const name = egressRouteTableName(listener);
  const hosts = encodeHosts(listener, keep);
  const head = encode(RouteConfigurationSchema, { name, requestHeadersToRemove: [...removedHeaders] });
  return {
    typeUrl: routeConfigurationType,
    name,
    version: contentHash(head, ...hosts.map(({ hash }) => hash)),
    body: Buffer.concat([head, ...hosts.map(({ bytes }) => delimited(virtualHostsField, bytes))]),
    requires: requirementsOf(listener),
    fragments: () => fragmentsOf(hosts),
  };
}
