import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPipeline, type PipelineResult } from '../../src/control/pipeline.ts';
import { originOf } from '../../src/ir/name.ts';
import { objectKey, refOf, type AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot, type Change } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { anyObject, object } from './object.ts';

/* Bad objects: each has something that translation can't serve, and says so in its own diagnostics. */

const parentRefs = [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'shop', name: 'public' }];

function httpRoute(spec: object): AnyObject {
  return object({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: 'shop', name: 'zz-bad', generation: 1 },
    spec: { parentRefs, ...spec },
  });
}

const hostnames = fc.subarray(['a.example.com', '*.example.com', 'x.other.org']);

const badRoute = fc
  .record({
    hostnames,
    rule: fc.constantFrom(
      { matches: [{ path: { type: 'RegularExpression', value: '/(' } }] },
      { filters: [{ type: 'ExtensionRef', extensionRef: { group: 'nobody.example', kind: 'Thing', name: 'x' } }] },
      { backendRefs: [{ group: '', kind: 'Bucket', name: 'x', port: 80, weight: 1 }] },
      { backendRefs: [{ group: '', kind: 'Service', name: 'nowhere', port: 80, weight: 1 }] },
      {
        backendRefs: [{ group: '', kind: 'Service', namespace: 'blog', name: 'site', port: 81, weight: 1 }],
        timeouts: { request: '1s', backendRequest: '2s' },
      },
    ),
  })
  .map(({ hostnames: names, rule }) => httpRoute({ hostnames: names, rules: [rule] }));

const badIngress = fc.constantFrom('a.example.com', '*.example.com').map((host) =>
  object({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace: 'shop', name: 'zz-bad', generation: 1 },
    spec: {
      ingressClassName: 'sallyport',
      tls: [{ hosts: ['secure.example.com'], secretName: 'missing' }],
      rules: [
        {
          host,
          http: {
            paths: [
              {
                path: '/deep/path',
                pathType: 'Prefix',
                backend: { service: { name: 'nowhere', port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    },
  }),
);

const badGateway = fc.constantFrom('TCP', 'HTTPS').map((protocol) =>
  object({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: 'shop', name: 'zz-bad', generation: 1 },
    spec: {
      gatewayClassName: 'sallyport',
      listeners: [
        {
          name: 'bad',
          port: 7777,
          protocol,
          tls: { certificateRefs: [{ group: '', kind: 'Secret', name: 'missing' }] },
        },
      ],
    },
  }),
);

const badEgress = fc.constantFrom('missing', 'gone').map((name) =>
  object({
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Egress',
    metadata: { namespace: 'shop', name: 'zz-bad', generation: 1 },
    spec: {
      from: { podSelector: {} },
      rules: [
        {
          name: 'r',
          action: 'Allow',
          to: [{ hosts: ['api.example.com'], ports: [{ port: 443, protocol: 'HTTPS' }] }],
          tls: { mode: 'Originate', caCertificateRefs: [{ kind: 'ConfigMap', name }] },
        },
      ],
    },
  }),
);

const badObject = fc.oneof(badRoute, badIngress, badGateway, badEgress);

/** What everybody but `bad` is given: the routes in their order, the sections, the statuses. */
function shareOfOthers({ translation }: PipelineResult, bad: AnyObject) {
  const origin = originOf(objectKey(refOf(bad)));
  const own = `${bad.metadata.namespace}/${bad.metadata.name}`;
  const gateways = translation.ir.gateways
    .filter((gateway) => gateway.name !== own)
    .map((gateway) => ({
      name: gateway.name,
      listeners: gateway.listeners.map((listener) => listener.name),
      hosts: gateway.routeTables
        .flatMap((table) =>
          table.virtualHosts.map((host) => ({
            table: table.name,
            domains: host.domains,
            section: host.section,
            routes: host.routes.filter((route) => route.origin !== origin),
          })),
        )
        // A host that only the bad object has is its own affair.
        .filter((host) => host.routes.length > 0),
    }))
    .filter((gateway) => gateway.listeners.length > 0);
  const statuses = translation.statuses
    .filter(({ ref }) => ref.kind !== 'Gateway' && `${ref.namespace}/${ref.name}` !== own)
    .map(({ ref, status }) => ({ ref, status }));
  return { gateways, statuses };
}

function run(objects: readonly AnyObject[]): PipelineResult {
  const changes = objects.map((object): Change => ({ kind: 'put', object }));
  return createPipeline(standaloneOptions, debianOptions).run(applyChanges(emptySnapshot, changes), new Map());
}

describe('no shared fate', () => {
  it('changes nothing for any other object when a bad one comes', () => {
    fc.assert(
      fc.property(fc.array(anyObject, { maxLength: 20 }), badObject, (objects, bad) => {
        // The Gateway that is made for Ingresses comes and goes with them, so it is there from the start.
        const others = [...objects, ...(bad.kind === 'Ingress' ? [placeholder] : [])];
        const before = shareOfOthers(run(others), bad);
        const result = run([...others, bad]);
        expect(shareOfOthers(result, bad)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('says of each bad object itself what is wrong with it', () => {
    const gateway = object({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace: 'shop', name: 'public', generation: 1 },
      spec: {
        gatewayClassName: 'sallyport',
        listeners: [{ name: 'http', port: 8080, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    });
    fc.assert(
      fc.property(badObject, (bad) => {
        const { translation } = run([gateway, bad]);
        const own = translation.diagnostics.filter(
          ({ object }) => object?.kind === bad.kind && object.name === 'zz-bad',
        );
        expect(own.some(({ severity }) => severity === 'error')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

const placeholder = object({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { namespace: 'blog', name: 'placeholder', generation: 1 },
  spec: {
    ingressClassName: 'sallyport',
    rules: [
      {
        host: 'placeholder.example',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'site', port: { number: 80 } } } }],
        },
      },
    ],
  },
});
