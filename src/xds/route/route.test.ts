import { fromBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import { answers, forward, headers, prefix, route, serviceCluster, weighted } from '../../../test/fixture/ir.ts';
import type { Cors } from '../../ir/filter.ts';
import type { Route } from '../../ir/route.ts';
import { envoyRegistry } from '../registry.ts';
import { encodeRoute } from './route.ts';

/** The Envoy routes that a route comes to, in protobuf's JSON. */
function built(input: Route): readonly JsonValue[] {
  return encodeRoute(input).messages.map((bytes) =>
    toJson(RouteSchema, fromBinary(RouteSchema, bytes), { registry: envoyRegistry, useProtoFieldName: true }),
  );
}

const toA = forward([weighted('a')]);
const action = (value: object) => [expect.objectContaining({ route: expect.objectContaining(value) })];

describe('a route', () => {
  it('carries its name, object and rule', () => {
    expect(built(route('x', prefix('/'), answers(500), { rule: 3, ruleName: 'third' }))).toEqual([
      {
        name: 'HTTPRoute/default/x/0/0',
        match: { prefix: '/' },
        direct_response: { status: 500 },
        metadata: { filter_metadata: { 'sallyport.dev': { origin: 'HTTPRoute/default/x', rule: 'third' } } },
      },
    ]);
    expect(built(route('x', prefix('/'), answers(500), { rule: 3 }))[0]).toMatchObject({
      metadata: { filter_metadata: { 'sallyport.dev': { rule: '3' } } },
    });
  });

  it.each([
    [{ kind: 'Exact', value: '/a' } as const, { path: '/a' }],
    [{ kind: 'Prefix', value: '/' } as const, { prefix: '/' }],
    [{ kind: 'Prefix', value: '/a' } as const, { path_separated_prefix: '/a' }],
    [{ kind: 'RegularExpression', value: '/a.*' } as const, { safe_regex: { regex: '/a.*' } }],
  ])('matches the path %o', (path, match) => {
    expect(built(route('x', { path, headers: [], queryParams: [] }, answers(200)))).toMatchObject([{ match }]);
  });

  it('matches method, headers and query parameters, all of them', () => {
    const match = prefix('/', {
      method: 'PUT',
      headers: [
        { kind: 'Exact', name: 'x-a', value: '1' },
        { kind: 'RegularExpression', name: 'x-b', value: 'b+' },
      ],
      queryParams: [{ kind: 'Exact', name: 'q', value: '1' }],
    });
    expect(built(route('x', match, answers(200)))).toMatchObject([
      {
        match: {
          headers: [
            { name: ':method', string_match: { exact: 'PUT' } },
            { name: 'x-a', string_match: { exact: '1' } },
            { name: 'x-b', string_match: { safe_regex: { regex: 'b+' } } },
          ],
          query_parameters: [{ name: 'q', string_match: { exact: '1' } }],
        },
      },
    ]);
  });
});

describe('a forward', () => {
  it('goes to its one cluster without a time limit', () => {
    expect(built(route('x', prefix('/'), toA))).toEqual(
      action({ cluster: 'default/a:80', timeout: '0s', cluster_not_found_response_code: 'INTERNAL_SERVER_ERROR' }),
    );
  });

  it('splits by weight, the invalid share to a cluster that does not exist', () => {
    const split = forward([weighted('a', 90), weighted('b', 5)], { invalidWeight: 5 });
    expect(built(route('x', prefix('/'), split))).toEqual(
      action({
        weighted_clusters: {
          clusters: [
            { name: 'default/a:80', weight: 90 },
            { name: 'default/b:80', weight: 5 },
            { name: 'invalid-backend', weight: 5 },
          ],
        },
      }),
    );
  });

  it('maps timeouts and retries', () => {
    const timed = forward([weighted('a')], {
      timeouts: { requestMs: 1500, backendRequestMs: 500 },
      retry: { attempts: 4, statusCodes: [500, 503], backoffMs: 100 },
    });
    expect(built(route('x', prefix('/'), timed))).toEqual(
      action({
        timeout: '1.500s',
        retry_policy: expect.objectContaining({
          num_retries: 4,
          per_try_timeout: '0.500s',
          retriable_status_codes: [500, 503],
          retry_back_off: { base_interval: '0.100s', max_interval: '1s' },
          retry_on: expect.stringContaining('retriable-status-codes'),
        }),
      }),
    );
  });

  it('leaves retries to its table unless it asks for some', () => {
    const [plain] = built(route('x', prefix('/'), forward([weighted('a')], { timeouts: { backendRequestMs: 0 } })));
    expect(plain).not.toHaveProperty('route.retry_policy');
    expect(plain).not.toHaveProperty('request_headers_to_remove');
    const asking = forward([weighted('a')], { retry: { attempts: 1, statusCodes: [] } });
    expect(built(route('x', prefix('/'), asking))).toMatchObject([
      { request_headers_to_remove: ['x-envoy-retry-on', 'x-envoy-max-retries'] },
    ]);
  });

  it('mirrors shares of requests', () => {
    const mirrored = forward([weighted('a')], {
      mirrors: [
        [1, 1],
        [50, 100],
        [1, 3],
      ].map(([numerator = 0, denominator = 1]) => ({
        cluster: serviceCluster('m'),
        numerator,
        denominator,
      })),
    });
    const mirror = { cluster: 'default/m:80', disable_shadow_host_suffix_append: true };
    expect(built(route('x', prefix('/'), mirrored))).toEqual(
      action({
        request_mirror_policies: [
          mirror,
          { ...mirror, runtime_fraction: { default_value: { numerator: 50 } } },
          { ...mirror, runtime_fraction: { default_value: { numerator: 333_333, denominator: 'MILLION' } } },
        ],
      }),
    );
  });

  it('writes headers literally, and joins those of rule and backend where a backend has its own', () => {
    const set = (value: string) => headers({ set: [{ name: 'x-a', value }], remove: ['x-r'] });
    const single = built(route('x', prefix('/'), toA, { requestHeaders: set('100%') }));
    expect(single).toMatchObject([
      {
        request_headers_to_add: [
          { header: { key: 'x-a', value: '100%%' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
        ],
        request_headers_to_remove: ['x-r'],
      },
    ]);
    const split = forward([weighted('a', 1, { requestHeaders: set('backend') }), weighted('b')]);
    const [both] = built(route('x', prefix('/'), split, { requestHeaders: set('rule') }));
    expect(both).not.toHaveProperty('request_headers_to_add');
    const added = (value: string) => [expect.objectContaining({ header: { key: 'x-a', value } })];
    expect([both]).toEqual(
      action({
        weighted_clusters: {
          clusters: [
            expect.objectContaining({ name: 'default/a:80', request_headers_to_add: added('backend') }),
            expect.objectContaining({ name: 'default/b:80', request_headers_to_add: added('rule') }),
          ],
        },
      }),
    );
  });

  it('takes rising parts of the requests where backends rewrite the path differently', () => {
    const to = (value: string) => ({ rewrite: { path: { kind: 'Full', value } as const } });
    const split = forward([weighted('a', 1, to('/a')), weighted('b', 2, to('/b'))], { invalidWeight: 1 });
    expect(built(route('x', prefix('/'), split))).toMatchObject([
      { match: { runtime_fraction: { default_value: { numerator: 250_000 } } }, route: { cluster: 'default/a:80' } },
      { match: { runtime_fraction: { default_value: { numerator: 750_000 } } }, route: { cluster: 'default/b:80' } },
      { match: { prefix: '/' }, route: { cluster: 'invalid-backend' } },
    ]);
    expect(built(route('x', prefix('/'), split))[2]).not.toHaveProperty('match.runtime_fraction');
  });
});

describe('a redirect', () => {
  it('never writes a port that was not given', () => {
    const [withPort, plain] = built(route('x', prefix('/'), { kind: 'Redirect', scheme: 'https', statusCode: 301 }));
    expect(withPort).toMatchObject({
      match: { headers: [{ name: ':authority' }] },
      direct_response: { status: 301 },
    });
    expect(plain).toMatchObject({ match: { prefix: '/' }, redirect: { scheme_redirect: 'https' } });
    expect(plain).not.toHaveProperty('redirect.port_redirect');
  });

  it.each([
    [301, undefined],
    [302, 'FOUND'],
    [303, 'SEE_OTHER'],
    [307, 'TEMPORARY_REDIRECT'],
    [308, 'PERMANENT_REDIRECT'],
  ] as const)('answers %d', (statusCode, code) => {
    const [built1] = built(route('x', prefix('/'), { kind: 'Redirect', hostname: 'b.test', port: 8443, statusCode }));
    expect(built1).toMatchObject({ redirect: { host_redirect: 'b.test', port_redirect: 8443 } });
    // 301 is the enum's zero, which JSON leaves out.
    expect((built1 as { redirect: { response_code?: string } }).redirect.response_code).toBe(code);
  });
});

describe('CORS', () => {
  const cors: Cors = {
    allowOrigins: [{ kind: 'Exact', value: 'https://a.example' }],
    allowMethods: ['GET'],
    allowHeaders: ['x-a'],
    exposeHeaders: [],
    allowCredentials: false,
    maxAgeSeconds: 5,
  };

  it('comes to one route for listed origins, one for preflights of others, one for the rest', () => {
    const filters = built(route('x', prefix('/'), toA, { cors })).map((part) =>
      Object.keys((part as { typed_per_filter_config?: object }).typed_per_filter_config ?? {}),
    );
    expect(filters).toEqual([['envoy.filters.http.cors'], [], []]);
  });

  it('comes to one route where every origin is allowed', () => {
    const open = { ...cors, allowOrigins: [{ kind: 'Pattern', value: '*' } as const] };
    expect(built(route('x', prefix('/'), toA, { cors: open }))).toHaveLength(1);
  });
});
