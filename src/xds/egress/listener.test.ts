import { fromBinary, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { parseObjects, viewOf } from '../../../test/fixture/view.ts';
import { ClusterSchema } from '../../../gen/envoy/envoy/config/cluster/v3/cluster_pb.js';
import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../../gen/envoy/envoy/config/route/v3/route_pb.js';
import { createIdentityCache } from '../../lib/identity-cache.ts';
import { createMemo } from '../../lib/memo.ts';
import { translateEgressDirection } from '../../translate/egress/direction.ts';
import { defaultEgressOptions } from '../../translate/egress/options.ts';
import { standaloneOptions } from '../../translate/options.ts';
import type { TranslationSources } from '../../translate/sources.ts';
import { debianOptions } from '../options.ts';
import { envoyRegistry } from '../registry.ts';
import type { XdsResource } from '../resource.ts';
import { createEgressBuilder } from './listener.ts';
import { nothingTranslated } from '../../translate/sources.ts';

const base = (podIP: string) => `
kind: Gateway
metadata: {name: out, namespace: shop}
spec:
  gatewayClassName: sallyport-egress
  listeners:
  - {name: proxy, port: 3128, protocol: HTTP}
  - {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}
---
kind: Pod
metadata: {name: one, namespace: shop, labels: {app: one}}
spec: {containers: []}
status: {podIP: ${podIP}}
---`;

const egress = (path: string, extra = '') => `
kind: Egress
metadata: {name: e, namespace: shop}
spec:
  from: {podSelector: {}}
  rules:
  - {name: plain, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}], http: [{path: {value: ${path}}}]}
  - {name: pass, to: [{hosts: ["*.b.example"], ports: [{port: 443, protocol: HTTPS}]}]}
  - {name: opened, to: [{hosts: [c.example], cidrs: [10.1.0.0/16], ports: [{port: 443, protocol: HTTPS}]}]}
  - {name: originate, to: [{hosts: [d.example], ports: [{port: 443, protocol: HTTPS}]}], tls: {mode: Originate}}
  - {name: raw, to: [{hosts: [e.example], ports: [{port: 22, protocol: TCP}]}], rateLimit: {requests: 1, per: Second}}${extra}
`;

function build(text: string): ReadonlyMap<string, XdsResource> {
  const sources = { ...viewOf(parseObjects(text)), ...nothingTranslated };
  const { gateways } = translateEgressDirection(
    createMemo<TranslationSources>(),
    sources,
    standaloneOptions,
    defaultEgressOptions,
  );
  const builder = createEgressBuilder(debianOptions, createIdentityCache());
  const resources = gateways.flatMap((gateway) => gateway.listeners.flatMap(builder));
  return new Map(resources.map((resource) => [`${resource.typeUrl.split('.').at(-1)} ${resource.name}`, resource]));
}

/** The kinds and names of what differs. */
function changed(a: ReadonlyMap<string, XdsResource>, b: ReadonlyMap<string, XdsResource>): readonly string[] {
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => a.get(name)?.version !== b.get(name)?.version).sort();
}

const schemas = {
  Cluster: ClusterSchema,
  Listener: ListenerSchema,
  RouteConfiguration: RouteConfigurationSchema,
} as const;

function decode(resources: ReadonlyMap<string, XdsResource>, kind: keyof typeof schemas): readonly unknown[] {
  return [...resources]
    .filter(([key]) => key.startsWith(`${kind} `))
    .map(([, { body }]) => {
      switch (kind) {
        case 'Cluster':
          return toJson(ClusterSchema, fromBinary(ClusterSchema, body), { registry: envoyRegistry });
        case 'Listener':
          return toJson(ListenerSchema, fromBinary(ListenerSchema, body), { registry: envoyRegistry });
        case 'RouteConfiguration':
          return toJson(RouteConfigurationSchema, fromBinary(RouteConfigurationSchema, body), {
            registry: envoyRegistry,
          });
      }
    });
}

/** All values that stand under a key, anywhere. */
function valuesOf(json: unknown, key: string): readonly unknown[] {
  if (Array.isArray(json)) return json.flatMap((entry) => valuesOf(entry, key));
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

const resources = build(base('10.0.0.1') + egress('/v1'));

describe('what a change touches', () => {
  it('is the table of callers alone when pods come and go', () => {
    expect(changed(resources, build(base('10.0.0.2') + egress('/v1')))).toEqual([
      'TypedExtensionConfig egress/127.0.0.1:3128/callers/egresses',
      'TypedExtensionConfig egress/127.0.0.1:3128/callers/pod',
      'TypedExtensionConfig egress/127.0.0.1:3128/callers/serviceAccount',
      'TypedExtensionConfig egress/127.0.0.1:443/rules/Allow',
    ]);
  });

  it('is the routes alone when a rule changes', () => {
    expect(changed(resources, build(base('10.0.0.1') + egress('/v2')))).toEqual([
      'RouteConfiguration egress/3128/127.0.0.1',
    ]);
    const host = '\n  - {name: more, to: [{hosts: [f.example], ports: [{port: 443, protocol: HTTPS}]}]}';
    expect(changed(resources, build(base('10.0.0.1') + egress('/v1', host)))).toEqual([
      'RouteConfiguration egress/3128/127.0.0.1',
      'TypedExtensionConfig egress/127.0.0.1:443/rules/Allow',
    ]);
  });
});

describe('the resources of an egress Gateway', () => {
  const all = [
    ...decode(resources, 'Cluster'),
    ...decode(resources, 'Listener'),
    ...decode(resources, 'RouteConfiguration'),
  ];

  it('have every cluster that a route or a tunnel names, and require it', () => {
    const named = [...valuesOf(all, 'cluster')].filter(
      (name): name is string => typeof name === 'string' && !name.includes('%'),
    );
    expect(new Set(named).size).toBeGreaterThan(3);
    for (const name of named) expect(resources.has(`Cluster ${name}`), name).toBe(true);
    const required = new Set(
      [...resources.values()].flatMap((resource) => resource.requires.map((requirement) => requirement.name)),
    );
    for (const name of valuesOf(decode(resources, 'RouteConfiguration'), 'cluster'))
      expect(required.has(String(name)), String(name)).toBe(true);
  });

  it('guard every DNS cache, and give each the same settings wherever it is used', () => {
    const byName = new Map<string, Set<string>>();
    for (const cache of valuesOf(all, 'dnsCacheConfig')) {
      const [name] = valuesOf(cache, 'name');
      byName.set(String(name), (byName.get(String(name)) ?? new Set()).add(JSON.stringify(cache)));
      expect(valuesOf(cache, 'resolvedAddressFilter').length).toBe(1);
      expect(JSON.stringify(cache)).toContain('"addressPrefix":"::ffff:0:0"');
    }
    expect(byName.size).toBe(2);
    for (const settings of byName.values()) expect(settings.size).toBe(1);
  });

  it('have a second guard in every cluster that leaves', () => {
    const leaving = decode(resources, 'Cluster').filter((cluster) => valuesOf(cluster, 'dnsCacheConfig').length > 0);
    expect(leaving.length).toBe(3);
    for (const cluster of leaving) expect(valuesOf(cluster, 'name')).toContain('envoy.filters.http.upstream_rbac');
  });

  it('dial only when there is data, and end tunnels after an hour', () => {
    const proxies = valuesOf(all, 'upstreamConnectMode');
    expect(proxies.length).toBeGreaterThan(2);
    expect(new Set(proxies)).toEqual(new Set(['ON_DOWNSTREAM_DATA']));
    expect(valuesOf(all, 'maxDownstreamConnectionDuration').length).toBe(proxies.length);
    expect(new Set(valuesOf(all, 'maxStreamDuration').filter((value) => typeof value === 'string'))).toEqual(
      new Set(['3600s']),
    );
  });

  it('have the caller in every route that does anything but refuse', () => {
    const routes = valuesOf(decode(resources, 'RouteConfiguration'), 'routes').flat();
    const forwarding = routes.filter((route) => valuesOf(route, 'route').length > 0);
    expect(forwarding.length).toBeGreaterThan(4);
    for (const route of forwarding) expect(JSON.stringify(route)).toContain('"contains":"[shop/e]"');
  });
});
