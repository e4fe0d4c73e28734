import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPipeline, type PipelineResult } from '../../src/control/pipeline.ts';
import { objectKey, refOf, type AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot, type Change } from '../../src/snapshot/snapshot.ts';
import { translateHttpRoute } from '../../src/translate/gateway-api/http-route.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { anyObject, freeze } from './object.ts';

function create() {
  return createPipeline(standaloneOptions, debianOptions);
}

function snapshotOf(objects: readonly AnyObject[]) {
  return applyChanges(
    emptySnapshot,
    objects.map((object): Change => ({ kind: 'put', object })),
  );
}

/** Everything that a proxy or a status would see, in a form that compares byte for byte. */
function digest({ translation, resources }: PipelineResult) {
  return {
    statuses: translation.statuses,
    diagnostics: translation.diagnostics.map((diagnostic) => JSON.stringify(diagnostic)).sort(),
    resources: [...resources].map(([gateway, byType]) => [
      gateway,
      [...byType].map(([type, byName]) => [
        type,
        [...byName.values()]
          .map((resource) => [resource.name, resource.version, resource.body.toString('base64')])
          .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      ]),
    ]),
  };
}

function unique(objects: readonly AnyObject[]): readonly AnyObject[] {
  return [...new Map(objects.map((object) => [objectKey(refOf(object)), object])).values()];
}

const world = fc.array(anyObject, { maxLength: 25 }).map(unique);

describe('pipeline', () => {
  it('gives the same for the same objects in any order', () => {
    fc.assert(
      fc.property(world, fc.infiniteStream(fc.nat()), (objects, keys) => {
        const shuffled = objects
          .map((object) => ({ object, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ object }) => object);
        expect(digest(create().run(snapshotOf(shuffled), new Map()))).toEqual(
          digest(create().run(snapshotOf(objects), new Map())),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('gives after any edits what it gives from scratch', () => {
    const edit = fc.record({ object: anyObject, remove: fc.boolean() });
    fc.assert(
      fc.property(world, fc.array(edit, { maxLength: 20 }), (objects, edits) => {
        const pipeline = create();
        let snapshot = snapshotOf(objects);
        pipeline.run(snapshot, new Map());
        for (const { object, remove } of edits) {
          snapshot = applyChanges(snapshot, [
            remove ? { kind: 'remove', ref: refOf(object) } : { kind: 'put', object },
          ]);
          expect(digest(pipeline.run(snapshot, new Map()))).toEqual(digest(create().run(snapshot, new Map())));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the very resources where nothing changed', () => {
    fc.assert(
      fc.property(world, (objects) => {
        const pipeline = create();
        const first = pipeline.run(snapshotOf(objects), new Map());
        const second = pipeline.run(snapshotOf(objects), new Map());
        for (const [gateway, resources] of first.resources) expect(second.resources.get(gateway)).toBe(resources);
      }),
      { numRuns: 50 },
    );
  });

  it('defines every name that a resource requires', () => {
    fc.assert(
      fc.property(world, (objects) => {
        for (const byType of create().run(snapshotOf(objects), new Map()).resources.values()) {
          for (const byName of byType.values()) {
            for (const { requires } of byName.values()) {
              for (const { typeUrl, name } of requires)
                expect([...(byType.get(typeUrl)?.keys() ?? [])]).toContain(name);
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('translates one route when one among many changes', () => {
    const route = (index: number, path: string): AnyObject =>
      freeze({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { namespace: 'shop', name: `r${index}`, generation: 1 },
        spec: {
          parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }],
          hostnames: [`h${index}.example.com`],
          rules: [
            {
              matches: [{ path: { type: 'PathPrefix', value: path } }],
              backendRefs: [{ group: '', kind: 'Service', name: 'cart', port: 80, weight: 1 }],
            },
          ],
        },
      });
    const gateway: AnyObject = freeze({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace: 'shop', name: 'public', generation: 1 },
      spec: {
        gatewayClassName: 'sallyport',
        listeners: [{ name: 'http', port: 8080, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'Same' } } }],
      },
    });
    const pipeline = create();
    const objects = [gateway, ...Array.from({ length: 10_000 }, (_, index) => route(index, '/'))];
    let snapshot = snapshotOf(objects);
    pipeline.run(snapshot, new Map());
    const before = pipeline.calls(translateHttpRoute);
    snapshot = applyChanges(snapshot, [{ kind: 'put', object: route(4711, '/new') }]);
    pipeline.run(snapshot, new Map());
    expect(pipeline.calls(translateHttpRoute) - before).toBe(1);
  });
});
