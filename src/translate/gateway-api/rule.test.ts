import { describe, expect, it } from 'vitest';
import { conditionsOf, translateRules } from '../../../test/fixture/route.ts';
import type { Forward, RouteAction } from '../../ir/route.ts';

const to = 'backendRefs: [{name: a, port: 80}]';
const none = { set: [], add: [], remove: [] };

function actionOf(rules: string, ...objects: readonly string[]): RouteAction {
  const action = translateRules(rules, ...objects).attachments[0]?.routes[0]?.action;
  if (action === undefined) throw new Error('no route');
  return action;
}

function forwardOf(rules: string, ...objects: readonly string[]): Forward {
  const action = actionOf(rules, ...objects);
  if (action.kind !== 'Forward') throw new Error(JSON.stringify(action));
  return action;
}

const shares = ({ clusters, invalidWeight }: Forward) => [
  ...clusters.map(({ cluster, weight }) => [cluster, weight]),
  invalidWeight,
];

describe('backendRefs', () => {
  it('share by weight, 1 by default and 0 for none', () => {
    const refs = '[{name: a, port: 80}, {name: b, port: 80, weight: 9}, {name: c, port: 80, weight: 0}]';
    expect(shares(forwardOf(`[{backendRefs: ${refs}}]`))).toEqual([['default/a:80', 1], ['default/b:80', 9], 0]);
  });

  it.each([
    ['InvalidKind', '{group: x.dev, kind: Bucket, name: a, weight: 3}'],
    ['BackendNotFound', '{name: nothing, port: 80, weight: 3}'],
    ['RefNotPermitted', '{name: a, namespace: shop, port: 80, weight: 3}'],
    ['UnsupportedProtocol', '{name: mysql, port: 80, weight: 3}'],
  ])('that can not be used keep their share: %s', (reason, ref) => {
    const objects = [
      'kind: Service\nmetadata: {name: a, namespace: shop}\nspec: {ports: [{port: 80}]}',
      'kind: Service\nmetadata: {name: mysql, namespace: default}\nspec: {ports: [{port: 80, appProtocol: mysql}]}',
    ];
    const translation = translateRules(`[{backendRefs: [{name: a, port: 80}, ${ref}]}]`, ...objects);
    expect(conditionsOf(translation)).toEqual(['Accepted=True Accepted', `ResolvedRefs=False ${reason}`]);
    expect(translation.attached).toHaveLength(1);
    const action = translation.attachments[0]?.routes[0]?.action;
    expect(action).toMatchObject({
      kind: 'Forward',
      clusters: [{ cluster: 'default/a:80', weight: 1 }],
      invalidWeight: 3,
    });
    const alone = translateRules(`[{backendRefs: [${ref}]}]`, ...objects);
    expect(alone.attachments[0]?.routes[0]?.action).toMatchObject({ kind: 'DirectResponse', statusCode: 500 });
  });

  it.each([
    ['none', '[]'],
    ['all of weight 0', '[{name: a, port: 80, weight: 0}, {name: b, port: 80, weight: 0}]'],
  ])('answer 500 where there are %s', (_, refs) => {
    expect(actionOf(`[{backendRefs: ${refs}}]`)).toMatchObject({ kind: 'DirectResponse', statusCode: 500 });
  });

  it('answer 500 without the field', () => {
    const translation = translateRules('[{name: x}]');
    expect(translation.attachments[0]?.routes[0]?.action).toMatchObject({ kind: 'DirectResponse', statusCode: 500 });
    expect(conditionsOf(translation)).toEqual(['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs']);
  });

  it('take a Service of another namespace with a grant', () => {
    const grant = `kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: [{group: "", kind: Service}]}`;
    const service = 'kind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 80}]}';
    const translation = translateRules('[{backendRefs: [{name: cart, namespace: shop, port: 80}]}]', service, grant);
    expect(translation.clusters).toEqual([
      { kind: 'ServicePort', name: 'shop/cart:80', namespace: 'shop', service: 'cart', port: 80 },
    ]);
    expect(translation.services).toEqual(['shop/cart']);
  });

  it('are denied by a BackendTLSPolicy that can not be met', () => {
    const policy = `kind: BackendTLSPolicy
metadata: {name: p, namespace: default}
spec: {targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a, caCertificateRefs: [{group: "", kind: ConfigMap, name: x}]}}`;
    const translation = translateRules(`[{${to}}]`, policy);
    expect(conditionsOf(translation)).toEqual(['Accepted=True Accepted', 'ResolvedRefs=False NoValidCACertificate']);
    expect(translation.attachments[0]?.routes[0]?.action.kind).toBe('DirectResponse');
    expect(translation.services).toEqual(['default/a']);
  });
});

describe('filters of backends', () => {
  const modifier = (name: string, value: string) =>
    `{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: ${name}, value: ${value}}]}}`;

  it('are applied to their backend only', () => {
    const refs = `[{name: a, port: 80, filters: [${modifier('x-a', 'one')}, {type: URLRewrite, urlRewrite: {hostname: a.example.com}}]}, {name: b, port: 80}]`;
    expect(forwardOf(`[{backendRefs: ${refs}}]`).clusters).toEqual([
      {
        cluster: 'default/a:80',
        weight: 1,
        requestHeaders: { set: [{ name: 'x-a', value: 'one' }], add: [], remove: [] },
        responseHeaders: none,
        rewrite: { hostname: 'a.example.com' },
      },
      { cluster: 'default/b:80', weight: 1, requestHeaders: none, responseHeaders: none },
    ]);
  });

  it('stay apart from those of the rule', () => {
    const refs = `[{name: a, port: 80, filters: [${modifier('x-a', 'backend')}]}, {name: b, port: 80}]`;
    const route = translateRules(`[{filters: [${modifier('x-a', 'rule')}], backendRefs: ${refs}}]`).attachments[0]
      ?.routes[0];
    expect(route?.requestHeaders.set).toEqual([{ name: 'x-a', value: 'rule' }]);
    const clusters = route?.action.kind === 'Forward' ? route.action.clusters : [];
    expect(clusters.map((cluster) => cluster.requestHeaders.set)).toEqual([[{ name: 'x-a', value: 'backend' }], []]);
  });

  it('rewrite the path, and mirror where the backend is the only one', () => {
    const filters =
      '[{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /x}}}, {type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}]';
    const forward = forwardOf(`[{backendRefs: [{name: a, port: 80, filters: ${filters}}]}]`);
    expect(forward.clusters[0]?.rewrite).toEqual({ path: { kind: 'Full', value: '/x' } });
    expect(forward.mirrors).toEqual([{ cluster: 'default/b:80', numerator: 100, denominator: 100 }]);
  });

  it.each([
    ['RequestRedirect', '{type: RequestRedirect, requestRedirect: {}}', ''],
    ['CORS', '{type: CORS, cors: {}}', ''],
    [
      'ExternalAuth',
      '{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: a, port: 80}, http: {}}}',
      '',
    ],
    [
      'a mirror of one of several',
      '{type: RequestMirror, requestMirror: {backendRef: {name: c, port: 80}}}',
      ', {name: b, port: 80}',
    ],
  ])('refuse the rule: %s', (_, filter, others) => {
    const translation = translateRules(`[{backendRefs: [{name: a, port: 80, filters: [${filter}]}${others}]}]`);
    expect(conditionsOf(translation)[0]).toBe('Accepted=False UnsupportedValue');
    expect(translation.attachments[0]?.routes[0]?.action).toMatchObject({ kind: 'DirectResponse', statusCode: 500 });
  });

  it('answer 500 for the share of a backend whose filter is unknown', () => {
    const filter = '{type: ExtensionRef, extensionRef: {group: x.dev, kind: Magic, name: m}}';
    const refs = `[{name: a, port: 80, filters: [${filter}]}, {name: b, port: 80, weight: 4}]`;
    expect(shares(forwardOf(`[{backendRefs: ${refs}}]`))).toEqual([['default/b:80', 4], 1]);
  });
});

describe('timeouts and retry', () => {
  it.each([
    ['{request: 10s, backendRequest: 500ms}', { requestMs: 10_000, backendRequestMs: 500 }],
    ['{request: 0s}', { requestMs: 0 }],
    ['{request: 0s, backendRequest: 1h}', { requestMs: 0, backendRequestMs: 3_600_000 }],
    ['{backendRequest: 1m}', { backendRequestMs: 60_000 }],
    ['{}', {}],
  ])('read timeouts %s', (timeouts, expected) => {
    expect(forwardOf(`[{timeouts: ${timeouts}, ${to}}]`).timeouts).toEqual(expected);
  });

  it.each([
    ['{codes: [503, 500], attempts: 3, backoff: 100ms}', { attempts: 3, statusCodes: [500, 503], backoffMs: 100 }],
    ['{}', { attempts: 1, statusCodes: [] }],
  ])('read retry %s', (retry, expected) => {
    expect(forwardOf(`[{retry: ${retry}, ${to}}]`).retry).toEqual(expected);
  });

  it.each([
    ['a longer backendRequest', 'timeouts: {request: 1s, backendRequest: 2s}'],
    ['no duration', 'timeouts: {request: 1d}'],
    ['no duration of a backoff', 'retry: {backoff: soon}'],
    ['a code that is no error', 'retry: {codes: [200]}'],
  ])('refuse %s', (_, field) => {
    expect(conditionsOf(translateRules(`[{${field}, ${to}}]`))[0]).toBe('Accepted=False UnsupportedValue');
  });
});

describe('sessionPersistence', () => {
  const session = (spec: string, refs = '[{name: a, port: 80}]') =>
    `[{sessionPersistence: ${spec}, backendRefs: ${refs}}]`;

  it.each([
    ['{sessionName: s}', { kind: 'Cookie', name: 's', path: '/', lifetime: 'Session' }],
    [
      '{sessionName: s, type: Cookie, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}',
      { kind: 'Cookie', name: 's', path: '/', lifetime: 'Permanent', ttlMs: 3_600_000 },
    ],
    [
      '{sessionName: s, absoluteTimeout: 1h}',
      { kind: 'Cookie', name: 's', path: '/', lifetime: 'Session', ttlMs: 3_600_000 },
    ],
    ['{sessionName: X-S, type: Header}', { kind: 'Header', name: 'x-s' }],
  ])('reads %s', (spec, expected) => expect(forwardOf(session(spec)).sessionPersistence).toEqual(expected));

  it('gives each rule a name of its own', () => {
    const routes =
      translateRules(`[{sessionPersistence: {}, ${to}}, {sessionPersistence: {}, ${to}}]`).attachments[0]?.routes ?? [];
    const names = routes.map(({ action }) => (action.kind === 'Forward' ? action.sessionPersistence?.name : undefined));
    expect(new Set(names).size).toBe(2);
  });

  it('puts weighted backends into one cluster', () => {
    const refs =
      '[{name: a, port: 80, weight: 9}, {name: b, port: 80}, {name: c, port: 80, weight: 0}, {name: x, port: 80, weight: 2}]';
    const translation = translateRules(session('{}', refs));
    expect(translation.clusters).toEqual([
      {
        kind: 'Rule',
        name: 'rule/HTTPRoute/default/r/0',
        protocol: 'Http1',
        backends: [
          { namespace: 'default', service: 'a', port: 80, weight: 9 },
          { namespace: 'default', service: 'b', port: 80, weight: 1 },
        ],
      },
    ]);
    expect(shares(forwardOf(session('{}', refs)))).toEqual([['rule/HTTPRoute/default/r/0', 10], 2]);
  });

  it.each([
    ['a permanent cookie without timeout', '{cookieConfig: {lifetimeType: Permanent}}'],
    ['parts of seconds', '{absoluteTimeout: 1500ms, cookieConfig: {lifetimeType: Permanent}}'],
    ['a timeout of 0', '{absoluteTimeout: 0s, cookieConfig: {lifetimeType: Permanent}}'],
    ['a timeout of a header', '{type: Header, absoluteTimeout: 1h}'],
    ['a cookie of a header', '{type: Header, cookieConfig: {lifetimeType: Session}}'],
    ['a name that is no cookie name', '{sessionName: "a b"}'],
    ['an unknown type', '{type: Address}'],
  ])('refuses %s', (_, spec) => {
    expect(conditionsOf(translateRules(session(spec)))[0]).toBe('Accepted=False UnsupportedValue');
  });

  it('refuses backends of different protocols, with TLS or with filters', () => {
    const h2c =
      'kind: Service\nmetadata: {name: h, namespace: default}\nspec: {ports: [{port: 80, appProtocol: kubernetes.io/h2c}]}';
    const policy = `kind: BackendTLSPolicy
metadata: {name: p, namespace: default}
spec: {targetRefs: [{group: "", kind: Service, name: b}], validation: {hostname: b, wellKnownCACertificates: System}}`;
    const filter = 'filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}]';
    for (const [refs, ...objects] of [
      ['[{name: a, port: 80}, {name: h, port: 80}]', h2c],
      ['[{name: a, port: 80}, {name: b, port: 80}]', policy],
      [`[{name: a, port: 80, ${filter}}, {name: b, port: 80}]`],
    ] as const) {
      expect(conditionsOf(translateRules(session('{}', refs), ...objects))[0]).toBe('Accepted=False UnsupportedValue');
    }
  });
});
