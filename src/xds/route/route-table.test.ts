import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RouteConfigurationSchema,
  type RouteConfiguration,
} from '../../../gen/envoy/envoy/config/route/v3/route_pb.js';
import { RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import { FilterStateMatcherSchema } from '../../../gen/envoy/envoy/type/matcher/v3/filter_state_pb.js';
import { answers, forward, prefix, route, table, virtualHost, weighted } from '../../../test/fixture/ir.ts';
import { sectionName } from '../../ir/name.ts';
import type { RouteTable } from '../../ir/route.ts';
import { createIdentityCache } from '../../lib/identity-cache.ts';
import type { Last } from '../../lib/memo.ts';
import { buildRouteTable, createRouteEncoder, type EncodedRouteTable } from './route-table.ts';
import { encodeRoute } from './route.ts';

const build = (input: RouteTable) => buildRouteTable(input, createRouteEncoder(createIdentityCache())).resource;
const decode = (input: RouteTable): RouteConfiguration => fromBinary(RouteConfigurationSchema, build(input).body);

/** The same table as one message, encoded in one go. */
function wholeMessage(input: RouteTable): RouteConfiguration {
  const own = (section: string) => [
    {
      key: 'sallyport.section',
      matcher: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: section } } },
    } as const,
  ];
  return create(RouteConfigurationSchema, {
    name: input.name,
    ignorePortInHostMatching: true,
    mostSpecificHeaderMutationsWins: true,
    requestHeadersToAdd: [
      ['x-envoy-retry-on', 'connect-failure,refused-stream,reset-before-request'],
      ['x-envoy-max-retries', '3'],
    ].map(([key = '', value = '']) => ({ header: { key, value }, appendAction: 2 })),
    virtualHosts: input.virtualHosts.map((host) => {
      const routes = host.routes
        .flatMap((part) => encodeRoute(part).messages)
        .map((bytes) => {
          const message = fromBinary(RouteSchema, bytes);
          if (input.bySection && message.match !== undefined) {
            message.match.filterState = own(host.section).map((state) => create(FilterStateMatcherSchema, state));
          }
          return message;
        });
      const everything = { pathSpecifier: { case: 'prefix', value: '/' } } as const;
      const answer = (status: number) => ({ case: 'directResponse', value: { status } }) as const;
      const fallbacks = input.bySection
        ? [
            create(RouteSchema, {
              name: 'no-route',
              match: { ...everything, filterState: own(host.section) },
              action: answer(404),
            }),
            create(RouteSchema, { name: 'misdirected', match: everything, action: answer(421) }),
          ]
        : [];
      return { name: host.name, domains: [...host.domains], routes: [...routes, ...fallbacks] };
    }),
  });
}

const anyRoute = fc
  .record({
    name: fc.stringMatching(/^[a-z]{1,200}$/),
    path: fc.stringMatching(/^\/[a-z]{1,150}$/),
    kind: fc.constantFrom('answer', 'one', 'split'),
  })
  .map(({ name, path, kind }) => {
    switch (kind) {
      case 'answer':
        return route(name, prefix(path), answers(200));
      case 'one':
        return route(name, prefix(path), forward([weighted(name)]));
      default:
        return route(name, prefix(path), forward([weighted(name), weighted('b', 3)], { invalidWeight: 2 }));
    }
  });

const anyTable = fc
  .record({
    hosts: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,20}\.test$/), fc.array(anyRoute, { maxLength: 5 })), {
      selector: ([domain]) => domain,
      maxLength: 5,
    }),
    bySection: fc.boolean(),
  })
  .map(({ hosts, bySection }) =>
    table(
      hosts.map(([domain, routes]) => virtualHost(domain, routes, { section: sectionName(`gw/${domain}`) })),
      { bySection },
    ),
  );

describe('buildRouteTable', () => {
  it('joins bytes that read as the message encoded in one go', () => {
    fc.assert(
      fc.property(anyTable, (input) => {
        // Map fields and unset ones are written alike, so that the messages are equal when their bytes are.
        expect(toBinary(RouteConfigurationSchema, decode(input))).toEqual(
          toBinary(RouteConfigurationSchema, wholeMessage(input)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('gives equal bytes and versions for equal content', () => {
    fc.assert(
      fc.property(anyTable, (input) => {
        const copy = structuredClone(input);
        expect(build(copy).version).toBe(build(input).version);
        expect(build(copy).body.equals(build(input).body)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('is the same whether it is made from another one or from nothing', () => {
    fc.assert(
      fc.property(fc.array(anyTable, { minLength: 2, maxLength: 4 }), (inputs) => {
        const encoder = createRouteEncoder(createIdentityCache());
        // Every second host of the one before stays, as most do when a route changes.
        const chain = inputs.map((input, at) => {
          const stay = (inputs[at - 1]?.virtualHosts ?? []).filter((_, index) => index % 2 === 0);
          return { ...input, virtualHosts: [...stay, ...input.virtualHosts] };
        });
        let last: Last<RouteTable, EncodedRouteTable> | undefined;
        for (const input of chain) {
          const result = buildRouteTable(input, encoder, last);
          last = { input, result };
          const { version, body, requires } = build(input);
          expect({ version: result.resource.version, body: result.resource.body }).toEqual({ version, body });
          expect(new Set(result.resource.requires)).toEqual(new Set(requires));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has another version when anything in it is another', () => {
    const one = route('one', prefix('/one'), answers(200));
    const host = virtualHost('a.test', [one]);
    const versions = [
      table([host]),
      table([host], { bySection: true }),
      table([virtualHost('a.test', [one], { section: sectionName('other') })], { bySection: true }),
      table([virtualHost('b.test', [one])]),
      table([virtualHost('a.test', [one, one])]),
      table([virtualHost('a.test', [route('one', prefix('/two'), answers(200))])]),
      table([host, virtualHost('b.test', [])]),
      table([]),
    ].map((input) => build(input).version);
    expect(new Set(versions).size).toBe(versions.length);
    for (const version of versions) expect(version.length).toBeLessThanOrEqual(11);
  });

  it('requires each cluster that it names, once, and none that does not exist', () => {
    const split = forward([weighted('a'), weighted('b')], {
      invalidWeight: 1,
      mirrors: [{ cluster: weighted('m').cluster, numerator: 1, denominator: 2 }],
    });
    const built = build(
      table([
        virtualHost('a.test', [route('x', prefix('/'), split), route('y', prefix('/y'), forward([weighted('a')]))]),
      ]),
    );
    expect(built.requires.map(({ name }) => name)).toEqual(['default/a:80', 'default/b:80', 'default/m:80']);
  });

  it('names the object of each of its routes', () => {
    const built = build(
      table([virtualHost('a.test', [route('x', prefix('/'), answers(200)), route('y', prefix('/y'), answers(201))])]),
    );
    expect([...built.fragments()].map(({ origins }) => origins)).toEqual([
      ['HTTPRoute/default/x'],
      ['HTTPRoute/default/y'],
    ]);
  });

  it('holds no virtual host that was not asked for', () => {
    expect(decode(table([])).virtualHosts).toEqual([]);
  });
});
