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

const gateway = fc
  .record({
    namespace,
    name: fc.constantFrom('public', 'inner'),
    hostname: fc.option(fc.constantFrom('*.example.com', 'a.example.com'), { nil: undefined }),
    port: fc.constantFrom(8080, 8081),
    from: fc.constantFrom('Same', 'All'),
  })
  .map(({ namespace, name, hostname, port, from }) =>
    object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace, name, generation: 1 },
      spec: {
        gatewayClassName: 'sallyport',
        listeners: [
          { name: 'http', port: 8080, protocol: 'HTTP', allowedRoutes: { namespaces: { from } } },
          {
            name: 'second',
            port,
            protocol: 'HTTP',
            ...(hostname === undefined ? {} : { hostname }),
            allowedRoutes: { namespaces: { from } },
          },
        ],
      },
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
    parent: fc.record({ namespace, name: fc.constantFrom('public', 'inner', 'missing') }),
    hostnames: fc.subarray([...hosts]),
    rules: fc.array(
      fc.record({
        matches: fc.array(match, { maxLength: 2 }),
        filters: fc.array(filter, { maxLength: 1 }),
        backendRefs: fc.array(backendRef, { maxLength: 2 }),
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
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parent }],
        hostnames,
        rules: rules.map((rule) => JSON.parse(JSON.stringify(rule))),
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
      spec: { ports: [{ name: 'http', port, protocol: 'TCP' }] },
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
      ports: [{ name: 'http', port: 9000, protocol: 'TCP' }],
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
  { weight: 6, arbitrary: httpRoute },
  { weight: 2, arbitrary: service },
  { weight: 2, arbitrary: slice },
  { weight: 2, arbitrary: ingress },
  { weight: 1, arbitrary: grant },
);
