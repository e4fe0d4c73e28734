import { describe, expect, it } from 'vitest';
import {
  answers,
  cluster,
  endpoints,
  forward,
  gateway,
  prefix,
  route,
  table,
  virtualHost,
  weighted,
} from '../../test/fixture/ir.ts';
import {
  clusterLoadAssignmentType,
  clusterType,
  listenerType,
  routeConfigurationType,
  secretType,
} from '../ads/type-url.ts';
import type { GatewayIr } from '../ir/ir.ts';
import { gatewayName, listenerName, routeTableName } from '../ir/name.ts';
import { createMemo, type Memo } from '../lib/memo.ts';
import type { Sources } from '../lib/recorded-read.ts';
import { buildCluster } from './cluster/cluster.ts';
import { buildResources, createBuilders } from './build-resources.ts';
import { buildEndpointSet } from './endpoint/endpoint-set.ts';
import { debianOptions } from './options.ts';
import { encodeRoute } from './route/route.ts';

const hosts = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    virtualHost(`h${i}.test`, [route(`r${i}`, prefix('/'), forward([weighted('a')]))]),
  );

function pipeline() {
  const memo: Memo<Sources> = createMemo();
  return {
    run: (ir: GatewayIr) => {
      const resources = buildResources(memo, debianOptions, ir);
      memo.sweep();
      return resources;
    },
    calls: (step: (input: never) => unknown) => memo.run(createBuilders, 'xds', debianOptions).cache.calls(step),
  };
}

const clusters = [cluster('a'), cluster('b')];
const sets = [endpoints('a', 1), endpoints('b', 2)];

describe('buildResources', () => {
  it('holds every type, also where it has no resource', () => {
    const types = [...pipeline().run(gateway({})).keys()];
    expect(types).toEqual([clusterType, clusterLoadAssignmentType, secretType, listenerType, routeConfigurationType]);
  });

  it('encodes one route when one of 1,000 hosts changes', () => {
    const { run, calls } = pipeline();
    const before = hosts(1000);
    run(gateway({ routeTables: [table(before)], clusters, endpoints: sets }));
    expect(calls(encodeRoute)).toBe(1000);
    const after = before.with(500, virtualHost('h500.test', [route('r500', prefix('/new'), answers(200))]));
    run(gateway({ routeTables: [table(after)], clusters, endpoints: sets }));
    expect(calls(encodeRoute)).toBe(1001);
    expect(calls(buildEndpointSet)).toBe(2);
  });

  it('encodes the changed route alone where a host has many', () => {
    const { run, calls } = pipeline();
    const routes = Array.from({ length: 100 }, (_, i) => route(`r${i}`, prefix(`/${i}`), answers(200)));
    run(gateway({ routeTables: [table([virtualHost('a.test', routes)])] }));
    // In between comes a run in which nothing changes: what it did not look at must not be forgotten.
    run(gateway({ routeTables: [table([virtualHost('a.test', routes)])] }));
    const changed = routes.with(7, route('r7', prefix('/seven'), answers(200)));
    run(gateway({ routeTables: [table([virtualHost('a.test', changed)])] }));
    expect(calls(encodeRoute)).toBe(101);
  });

  it('keeps the identity of what did not change, at every level', () => {
    const { run } = pipeline();
    const tables = [table(hosts(3))];
    const first = run(gateway({ routeTables: tables, clusters, endpoints: sets }));
    expect(run(gateway({ routeTables: [...tables], clusters: [...clusters], endpoints: [...sets] }))).toBe(first);
    const moved = run(gateway({ routeTables: tables, clusters, endpoints: [endpoints('a', 9), ...sets.slice(1)] }));
    expect(moved).not.toBe(first);
    expect(moved.get(clusterType)).toBe(first.get(clusterType));
    expect(moved.get(routeConfigurationType)).toBe(first.get(routeConfigurationType));
    const before = first.get(clusterLoadAssignmentType);
    const after = moved.get(clusterLoadAssignmentType);
    expect(after).not.toBe(before);
    expect(after?.get('default/b:80')).toBe(before?.get('default/b:80'));
  });

  it('changes the route table alone when a route changes, so that no listener drains', () => {
    const { run } = pipeline();
    const listeners = [
      {
        kind: 'Http',
        name: listenerName('http', '127.0.0.1', 80),
        bind: { address: '127.0.0.1', port: 8080 },
        port: 80,
        routeTable: routeTableName('http', 80),
        origins: [],
      } as const,
    ];
    const everyFilter = route(
      'r',
      prefix('/'),
      forward([weighted('b')], {
        sessionPersistence: { kind: 'Cookie', name: 's', path: '/', lifetime: 'Session', ttlMs: 1000 },
        retry: { attempts: 1, statusCodes: [500] },
      }),
      {
        cors: {
          allowOrigins: [{ kind: 'Pattern', value: '*' }],
          allowMethods: ['*'],
          allowHeaders: ['*'],
          exposeHeaders: [],
          allowCredentials: true,
          maxAgeSeconds: 1,
        },
      },
    );
    const first = run(
      gateway({ listeners, routeTables: [table([virtualHost('a.test', [])])], clusters, endpoints: sets }),
    );
    const second = run(
      gateway({
        listeners: structuredClone(listeners),
        routeTables: [table([virtualHost('a.test', [everyFilter])])],
        clusters,
        endpoints: sets,
      }),
    );
    for (const [type, byName] of second) {
      const versions = [...byName.values()].map(({ version }) => version);
      const before = [...(first.get(type)?.values() ?? [])].map(({ version }) => version);
      if (type === routeConfigurationType) expect(versions).not.toEqual(before);
      else expect(versions).toEqual(before);
    }
  });

  it('builds a cluster once for all Gateways that use it', () => {
    const memo: Memo<Sources> = createMemo();
    const a = buildResources(memo, debianOptions, gateway({ clusters, endpoints: sets }));
    const b = buildResources(
      memo,
      debianOptions,
      gateway({ name: gatewayName('default', 'other'), clusters, endpoints: sets }),
    );
    for (const type of [clusterType, clusterLoadAssignmentType]) {
      expect(b.get(type)?.get('default/a:80')).toBe(a.get(type)?.get('default/a:80'));
    }
  });

  it('requires only what it holds', () => {
    const resources = pipeline().run(gateway({ routeTables: [table(hosts(2))], clusters, endpoints: sets }));
    for (const byName of resources.values()) {
      for (const { requires } of byName.values()) {
        for (const { typeUrl, name } of requires) expect(resources.get(typeUrl)?.has(name)).toBe(true);
      }
    }
    expect(buildCluster(cluster('a'), debianOptions).requires).toEqual([
      { typeUrl: clusterLoadAssignmentType, name: 'default/a:80' },
    ]);
  });
});
