import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readObjects, translateObjects } from '../../../test/golden/ingress-case.ts';
import type { AnyObject } from '../../snapshot/object.ts';

/** Hosts of the case, others, and such as nobody may have. */
const host = fc.constantFrom(
  'shop.example.com',
  'plain.example.com',
  '*.example.com',
  '10.0.0.1',
  'Bad_Host',
  undefined,
);
const path = fc.constantFrom('/', '/a', 'a', '/a//b', '/%2f', '');
const backend = fc.constantFrom(
  { service: { name: 'gone', port: { number: 80 } } },
  { service: { name: 'gone', port: { name: 'http', number: 80 } } },
  { resource: { kind: 'Bucket', name: 'files' } },
  {},
);

const rule = fc.record({
  host,
  http: fc.option(
    fc.record({
      paths: fc.array(
        fc.record({ path, pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific', 'Regex'), backend }),
        { maxLength: 3 },
      ),
    }),
    { nil: undefined },
  ),
});

/** An Ingress of another tenant, newer than all others, in which nothing can be used. */
const badIngress = fc
  .record({
    rules: fc.array(rule, { maxLength: 3 }),
    defaultBackend: fc.option(backend, { nil: undefined }),
    tls: fc.array(
      fc.record({
        hosts: fc.option(fc.array(fc.constantFrom('shop.example.com', '*', 'x y', '*.example.com')), {
          nil: undefined,
        }),
        secretName: fc.constantFrom('gone', 'shop-cert'),
      }),
      { maxLength: 2 },
    ),
  })
  .map((spec) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace: 'evil', name: 'bad', creationTimestamp: '2099-01-01T00:00:00Z' },
    spec: { ingressClassName: 'sallyport', ...spec },
  }));

describe('an Ingress in which nothing can be used', () => {
  const objects = readObjects('tls-default-certificate');
  const before = translateObjects(objects);
  const places = ['shop.example.com', 'plain.example.com'].flatMap((name) => [
    ['http/80', name] as const,
    ['https/443', name] as const,
  ]);

  it('changes no route and no certificate of the others', () => {
    fc.assert(
      fc.property(badIngress, (bad) => {
        // What the API server would refuse has no type; it must do no harm either.
        const after = translateObjects([...objects, bad as unknown as AnyObject]);
        expect(after.certificates).toEqual(before.certificates);
        expect(after.ingresses.attachments.filter(({ origin }) => origin !== 'Ingress/evil/bad')).toEqual(
          before.ingresses.attachments,
        );
        for (const [table, name] of places) {
          const routes = after.routes(table, name) ?? [];
          expect(routes.filter((route) => route.endsWith('shop/web:80'))).toEqual(before.routes(table, name));
        }
        const refusals = after.diagnostics.filter((diagnostic) => diagnostic.includes('Ingress shop/'));
        expect(refusals).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
