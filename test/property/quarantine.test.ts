import { describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import { gatewayName, originOf } from '../../src/ir/name.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { object } from './object.ts';

const gateway = object({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'shop', name: 'public', generation: 1 },
  spec: {
    gatewayClassName: 'sallyport',
    listeners: [{ name: 'http', port: 8080, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'Same' } } }],
  },
});

function route(name: string): AnyObject {
  return object({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: 'shop', name, generation: 1 },
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }],
      hostnames: [`${name}.example.com`],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'x.example', statusCode: 302 } }] }],
    },
  });
}

describe('objects that Envoy refuses', () => {
  const snapshot = applyChanges(
    emptySnapshot,
    [gateway, route('good'), route('bad')].map((object) => ({ kind: 'put', object })),
  );
  const name = gatewayName('shop', 'public');
  const bad = originOf('HTTPRoute/shop/bad');

  function domainsWith(said: string | undefined) {
    const result = createPipeline(standaloneOptions, debianOptions).run(
      snapshot,
      new Map([[name, new Map([[bad, said]])]]),
    );
    const [ir] = result.translation.ir.gateways;
    const domains = ir?.routeTables.flatMap((table) =>
      table.virtualHosts.flatMap((host) => (host.routes.length > 0 ? host.domains : [])),
    );
    return { domains, diagnostics: result.translation.diagnostics.map(({ reason, object }) => [reason, object?.name]) };
  }

  it('are left out and named once they are known', () => {
    expect(domainsWith('it is too large')).toEqual({
      domains: ['good.example.com'],
      diagnostics: [['RefusedByEnvoy', 'bad']],
    });
  });

  it('are left out without a word while they are suspected', () => {
    expect(domainsWith(undefined)).toEqual({ domains: ['good.example.com'], diagnostics: [] });
  });
});
