import type { Brand } from '../lib/brand.ts';
import { contentHash } from '../lib/hash.ts';

/*
 * Every name that Envoy sees is made here, so that a name of one kind can't be used for another and a length limit
 * is kept in one place. Names are readable first: they show up in access logs, dumps and Envoy's own messages.
 */

/** `namespace/name` of a Gateway, cut where that is too long: one set of Envoys. Only `gatewayName` makes it. */
export type GatewayName = Brand<string, 'GatewayName'>;
/** An Envoy Listener: one per bound port. */
export type ListenerName = Brand<string, 'ListenerName'>;
/** A listener entry of a Gateway (its `sectionName`), or one that an Ingress adds. */
export type SectionName = Brand<string, 'SectionName'>;
export type FilterChainName = Brand<string, 'FilterChainName'>;
export type RouteTableName = Brand<string, 'RouteTableName'>;
export type VirtualHostName = Brand<string, 'VirtualHostName'>;
export type RouteName = Brand<string, 'RouteName'>;
export type ClusterName = Brand<string, 'ClusterName'>;
export type SecretName = Brand<string, 'SecretName'>;
export type ExtensionConfigName = Brand<string, 'ExtensionConfigName'>;
/** `Kind/namespace/name` of the object that a part of the configuration came from; opaque after translation. */
export type Origin = Brand<string, 'Origin'>;

const maxLength = 200;

/** Keeps a name readable and unique when its parts are at their own length limits. */
function bounded(name: string): string {
  return name.length <= maxLength ? name : `${name.slice(0, maxLength - 12)}~${contentHash(name)}`;
}

export function gatewayName(namespace: string, name: string): GatewayName {
  return bounded(`${namespace}/${name}`) as GatewayName;
}

export function listenerName(
  protocol: 'http' | 'tls' | 'tcp' | 'udp' | 'egress',
  address: string,
  port: number,
): ListenerName {
  return bounded(`${protocol}/${address}:${port}`) as ListenerName;
}

export function sectionName(name: string): SectionName {
  return bounded(name) as SectionName;
}

/** A listener of a ListenerSet: the Gateway and other sets may have one of the same name. */
export function listenerSetSectionName(namespace: string, listenerSet: string, listener: string): SectionName {
  return bounded(`listenerset/${namespace}/${listenerSet}/${listener}`) as SectionName;
}

export function filterChainName(section: string): FilterChainName {
  return bounded(section) as FilterChainName;
}

/** `scheme` and `port` as clients use them; `part` tells several tables of one port apart. */
export function routeTableName(scheme: 'http' | 'https' | 'egress', port: number, part?: string): RouteTableName {
  return bounded(part === undefined ? `${scheme}/${port}` : `${scheme}/${port}/${part}`) as RouteTableName;
}

export function virtualHostName(domain: string): VirtualHostName {
  return bounded(domain) as VirtualHostName;
}

/** `object` as `kind/namespace/name`, `rule` by its name where it has one, else by its index. */
export function routeName(object: string, rule: string | number, match: number): RouteName {
  return bounded(`${object}/${rule}/${match}`) as RouteName;
}

/** One cluster per Service port; `part` only for the exceptions that need a cluster of their own. */
export function clusterName(namespace: string, service: string, port: number, part?: string): ClusterName {
  return bounded(
    part === undefined ? `${namespace}/${service}:${port}` : `${namespace}/${service}:${port}/${part}`,
  ) as ClusterName;
}

/** The cluster of a Service port for streams that nobody here reads: `tls` where a client speaks TLS with it. */
export function streamClusterName(
  namespace: string,
  service: string,
  port: number,
  application: 'Tcp' | 'Tls',
): ClusterName {
  return clusterName(namespace, service, port, application.toLowerCase());
}

/** The cluster of a single rule, where its weighted backends must be one: session persistence, and datagrams. */
export function ruleClusterName(object: string, rule: number): ClusterName {
  return bounded(`rule/${object}/${rule}`) as ClusterName;
}

/** A rule of an Egress, as access logs and refusals name it; `egress` as `namespace/name`. */
export function egressRouteName(egress: string, rule: string): RouteName {
  return bounded(`${egress}/${rule}`) as RouteName;
}

/** Where egress traffic leaves, by the content of what tells one way from another. */
export function egressClusterName(tls: boolean, content: string): ClusterName {
  return `egress/${tls ? 'tls' : 'plain'}/${contentHash(content)}` as ClusterName;
}

/** The internal listener that tunnels to a port end in, and the cluster that leads there. */
export function tunnelName(outer: ListenerName, port: number, upstream: ClusterName): ListenerName & ClusterName {
  return bounded(`${outer}/tunnel/${port}/${upstream}`) as ListenerName & ClusterName;
}

/** A filter's configuration that is sent by itself; `part` is unique within the listener. */
export function extensionConfigName(listener: ListenerName, part: string): ExtensionConfigName {
  return bounded(`${listener}/${part}`) as ExtensionConfigName;
}

export function secretName(kind: 'Secret' | 'ConfigMap', namespace: string, name: string): SecretName {
  return bounded(`${kind}/${namespace}/${name}`) as SecretName;
}

export function originOf(key: string): Origin {
  return key as Origin;
}
