import fc from 'fast-check';
import type { AnyObject } from '../../src/snapshot/object.ts';

/*
 * Small worlds that hit each other often: few names, few hosts, few paths. Every object is one that validation lets
 * through; what is wrong with it, if anything, only translation can tell.
 */

const namespaces = ['shop', 'blog'] as const;
const services = ['cart', 'site', 'gone'] as const;
const hosts = ['a.example.com', 'b.example.com', '*.example.com', 'x.other.org'] as const;

export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

/** An object as its schema has it, which the caller sees to. */
export function object(value: unknown): AnyObject {
  // The generators below write what the schemas ask for.
  return freeze(value) as AnyObject;
}

const namespace = fc.constantFrom(...namespaces);

/** A listener below HTTP; that for datagrams is on a port number that connections come to as well. */
const streamListener = fc.oneof(
  fc.constantFrom('*.example.com', 'a.example.com', '').map((hostname) => ({
    port: 8443,
    protocol: 'TLS',
    ...(hostname === '' ? {} : { hostname }),
    tls: { mode: 'Passthrough' },
  })),
  fc.constantFrom(8081, 8082).map((port) => ({ port, protocol: 'TCP' })),
  fc.constant({ port: 8080, protocol: 'UDP' }),
);

const gateway = fc
  .record({
    namespace,
    name: fc.constantFrom('public', 'inner'),
    hostname: fc.option(fc.constantFrom('*.example.com', 'a.example.com'), { nil: undefined }),
    port: fc.constantFrom(8080, 8081),
    from: fc.constantFrom('Same', 'All'),
    sets: fc.constantFrom('None', 'Same', 'All'),
    defaultScope: fc.constantFrom('All', 'None'),
    third: streamListener,
  })
  .map(({ namespace, name, hostname, port, from, sets, defaultScope, third }) =>
    object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace, name, generation: 1 },
      spec: {
        gatewayClassName: 'sallyport',
        defaultScope,
        allowedListeners: { namespaces: { from: sets } },
        listeners: [
          { name: 'http', port: 8080, protocol: 'HTTP', allowedRoutes: { namespaces: { from } } },
          {
            name: 'second',
            port,
            protocol: 'HTTP',
            ...(hostname === undefined ? {} : { hostname }),
            allowedRoutes: { namespaces: { from } },
          },
          { name: 'third', ...third, allowedRoutes: { namespaces: { from } } },
        ],
      },
    }),
  );

const listener = fc.record({
  name: fc.constantFrom('http', 'other'),
  port: fc.constantFrom(8080, 8081, 8082),
  protocol: fc.constantFrom('HTTP', 'HTTP', 'HTTPS'),
  hostname: fc.constantFrom('a.example.com', '*.example.com', 'x.other.org'),
});

const listenerSet = fc
  .record({
    namespace,
    name: fc.constantFrom('s1', 's2'),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    parent: fc.record({ namespace, name: fc.constantFrom('public', 'inner', 'missing') }),
    listeners: fc.uniqueArray(listener, { minLength: 1, maxLength: 2, selector: ({ name }) => name }),
  })
  .map(({ namespace, name, created, parent, listeners }) =>
    object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'ListenerSet',
      metadata: { namespace, name, generation: 1, creationTimestamp: created },
      spec: { parentRef: parent, listeners: listeners.map((entry) => ({ ...entry })) },
    }),
  );

const path = fc.record({
  type: fc.constantFrom('Exact', 'PathPrefix', 'RegularExpression'),
  value: fc.constantFrom('/', '/a', '/a/b', '/(', '/x+'),
});
const match = fc.record({
  path,
  headers: fc.option(fc.constant([{ type: 'Exact', name: 'X-Canary', value: 'yes' }]), { nil: undefined }),
  method: fc.option(fc.constantFrom('GET', 'POST'), { nil: undefined }),
});
const backendRef = fc.record({
  group: fc.constant(''),
  kind: fc.constantFrom('Service', 'Service', 'Bucket'),
  name: fc.constantFrom(...services),
  port: fc.constantFrom(80, 80, 81),
  weight: fc.constantFrom(0, 1, 9),
});
const filter = fc.constantFrom(
  { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-a', value: '1%' }] } },
  { type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } },
  { type: 'ExtensionRef', extensionRef: { group: 'nobody.example', kind: 'Thing', name: 'x' } },
);

const httpRoute = fc
  .record({
    namespace,
    name: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    parent: fc.oneof(
      fc.record({ kind: fc.constant('Gateway'), namespace, name: fc.constantFrom('public', 'inner', 'missing') }),
      fc.record({ kind: fc.constant('ListenerSet'), namespace, name: fc.constantFrom('s1', 's2', 'missing') }),
    ),
    hostnames: fc.subarray([...hosts]),
    rules: fc.array(
      fc.record({
        matches: fc.array(match, { maxLength: 2 }),
        filters: fc.array(filter, { maxLength: 1 }),
        backendRefs: fc.array(backendRef, { maxLength: 2 }),
        sessionPersistence: fc.option(fc.constant({ type: 'Cookie', sessionName: 's' }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ namespace, name, parent, hostnames, rules }) =>
    object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { namespace, name, generation: 1 },
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', ...parent }],
        hostnames,
        rules: rules.map((rule) => JSON.parse(JSON.stringify(rule))),
      },
    }),
  );

const streamRoute = fc
  .record({
    namespace,
    kind: fc.constantFrom('TLSRoute', 'TCPRoute', 'UDPRoute'),
    name: fc.constantFrom('s1', 's2', 's3'),
    createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'),
    parent: fc.record({ namespace, name: fc.constantFrom('public', 'inner') }),
    hostnames: fc.subarray([...hosts], { minLength: 1 }),
    backendRefs: fc.array(backendRef, { minLength: 1, maxLength: 3 }),
  })
  .map(({ namespace, kind, name, createdAt, parent, hostnames, backendRefs }) =>
    object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind,
      metadata: { namespace, name, generation: 1, creationTimestamp: createdAt },
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parent }],
        ...(kind === 'TLSRoute' ? { hostnames } : {}),
        rules: [{ backendRefs: backendRefs.map((ref) => ({ ...ref })) }],
      },
    }),
  );

const grpcRoute = fc
  .record({
    namespace,
    name: fc.constantFrom('r1', 'g1', 'g2'),
    parent: fc.record({ namespace, name: fc.constantFrom('public', 'inner', 'missing') }),
    hostnames: fc.subarray([...hosts]),
    method: fc.option(fc.constantFrom('Add', 'Remove'), { nil: undefined }),
    useDefaultGateways: fc.constantFrom('All', 'None'),
    backend: fc.constantFrom(...services),
  })
  .map(({ namespace, name, parent, hostnames, method, useDefaultGateways, backend }) =>
    object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GRPCRoute',
      metadata: { namespace, name, generation: 1 },
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parent }],
        useDefaultGateways,
        hostnames,
        rules: [
          {
            ...(method === undefined ? {} : { matches: [{ method: { service: 'shop.Cart', method } }] }),
            backendRefs: [{ name: backend, port: 80 }],
          },
        ],
      },
    }),
  );

const trafficPolicy = fc
  .record({ namespace, name: fc.constantFrom('p1', 'p2'), target: fc.constantFrom(...services), retries: fc.boolean() })
  .map(({ namespace, name, target, retries }) =>
    object({
      apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
      kind: 'XBackendTrafficPolicy',
      metadata: { namespace, name, generation: 1 },
      spec: {
        targetRefs: [{ group: '', kind: 'Service', name: target }],
        ...(retries ? { retryConstraint: {} } : { sessionPersistence: { type: 'Header', sessionName: 'x-session' } }),
      },
    }),
  );

const service = fc
  .record({ namespace, name: fc.constantFrom('cart', 'site'), port: fc.constantFrom(80, 81) })
  .map(({ namespace, name, port }) =>
    object({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name },
      spec: {
        ports: [
          { name: 'http', port, protocol: 'TCP' },
          { name: 'udp', port: 80, protocol: 'UDP' },
        ],
      },
    }),
  );

const slice = fc
  .record({
    namespace,
    name: fc.constantFrom('cart', 'site'),
    part: fc.constantFrom('1', '2'),
    ready: fc.boolean(),
    last: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ namespace, name, part, ready, last }) =>
    object({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace, name: `${name}-${part}`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [
        { name: 'http', port: 9000, protocol: 'TCP' },
        { name: 'udp', port: 9000, protocol: 'UDP' },
      ],
      endpoints: [{ addresses: [`127.0.0.${last}`], conditions: { ready } }],
    }),
  );

const ingress = fc
  .record({
    namespace,
    name: fc.constantFrom('i1', 'i2'),
    host: fc.option(fc.constantFrom('a.example.com', '*.example.com'), { nil: undefined }),
    pathType: fc.constantFrom('Exact', 'Prefix'),
    path: fc.constantFrom('/', '/a'),
    service: fc.constantFrom(...services),
  })
  .map(({ namespace, name, host, pathType, path, service: backend }) =>
    object({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { namespace, name, generation: 1 },
      spec: {
        ingressClassName: 'sallyport',
        rules: [
          {
            ...(host === undefined ? {} : { host }),
            http: { paths: [{ path, pathType, backend: { service: { name: backend, port: { number: 80 } } } }] },
          },
        ],
      },
    }),
  );

const grant = namespace.map((to) =>
  object({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ReferenceGrant',
    metadata: { namespace: to, name: 'all' },
    spec: {
      from: namespaces.map((from) => ({ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: from })),
      to: [{ group: '', kind: 'Service' }],
    },
  }),
);

/** Any object of these worlds. */
export const anyObject: fc.Arbitrary<AnyObject> = fc.oneof(
  { weight: 2, arbitrary: gateway },
  { weight: 2, arbitrary: listenerSet },
  { weight: 6, arbitrary: httpRoute },
  { weight: 3, arbitrary: grpcRoute },
  { weight: 3, arbitrary: streamRoute },
  { weight: 1, arbitrary: trafficPolicy },
  { weight: 2, arbitrary: service },
  { weight: 2, arbitrary: slice },
  { weight: 2, arbitrary: ingress },
  { weight: 1, arbitrary: grant },
);
