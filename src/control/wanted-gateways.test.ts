import { afterEach, describe, expect, it } from 'vitest';
import { parseObjects } from '../../test/fixture/view.ts';
import { applyChanges, emptySnapshot } from '../snapshot/snapshot.ts';
import { clusterOptions } from '../translate/options.ts';
import { debianOptions } from '../xds/options.ts';
import type { InvalidObject } from '../kube/kept.ts';
import { createPipeline } from './pipeline.ts';
import { wantedInfrastructure } from './wanted-gateways.ts';

const gatewayClass = (name: string, controller = clusterOptions.controllerName) =>
  `kind: GatewayClass\nmetadata: {name: ${name}}\nspec: {controllerName: ${controller}}`;

const gateway = (spec: string, className = 'sallyport') =>
  `kind: Gateway\nmetadata: {name: public, namespace: shop, uid: u-1}\nspec: {gatewayClassName: ${className}, ${spec}}`;

const http = 'listeners: [{name: http, port: 80, protocol: HTTP}]';

let invalid: readonly InvalidObject[] = [];

function wanted(...texts: readonly string[]) {
  const objects = parseObjects(texts.join('\n---\n'));
  const snapshot = applyChanges(
    emptySnapshot,
    objects.map((object) => ({ kind: 'put', object })),
  );
  const result = createPipeline(clusterOptions, debianOptions).run(snapshot, new Map());
  return wantedInfrastructure(
    { snapshot, ...result, quarantine: new Map(), bindFailures: [] },
    clusterOptions.controllerName,
    invalid,
  );
}

afterEach(() => {
  invalid = [];
});

describe('wantedInfrastructure', () => {
  it('takes what the Gateway and its template say', () => {
    const infrastructure =
      'infrastructure: {labels: {a: b}, annotations: {c: d}, parametersRef: {group: sallyport.dev, kind: GatewayTemplate, name: t}}';
    const listeners =
      'listeners: [{name: http, port: 80, protocol: HTTP}, {name: again, port: 80, protocol: HTTP, hostname: x.example}, {name: dns, port: 53, protocol: UDP}]';
    const { gateways, kept } = wanted(
      gatewayClass('sallyport'),
      'kind: GatewayTemplate\nmetadata: {name: t, namespace: shop}\nspec: {replicas: 3}',
      gateway(`${infrastructure}, addresses: [{value: 192.0.2.7}, {type: IPAddress}], ${listeners}`),
    );
    expect(gateways).toEqual([
      {
        gateway: { namespace: 'shop', name: 'public', uid: 'u-1' },
        className: 'sallyport',
        labels: { a: 'b' },
        annotations: { c: 'd' },
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 80, protocol: 'TCP' },
        ],
        addresses: ['192.0.2.7'],
        template: { replicas: 3 },
      },
    ]);
    expect(kept.size).toBe(0);
  });

  it.each([
    [
      'with a template that is not there',
      [
        gatewayClass('sallyport'),
        gateway(`infrastructure: {parametersRef: {group: sallyport.dev, kind: GatewayTemplate, name: t}}, ${http}`),
      ],
    ],
    ['whose class is gone', [gateway(http)]],
  ])('keeps the Envoys of a Gateway %s', (_, texts) => {
    expect(wanted(...texts)).toEqual({ gateways: [], kept: new Set(['u-1']), foreignClasses: new Set() });
  });

  it('keeps the Envoys of a Gateway that can not be read', () => {
    const ref = { namespace: 'shop', name: 'public' };
    const of = (kind: 'Gateway' | 'HTTPRoute', uid: string) => ({ ref: { kind, ...ref }, uid });
    const unread = { generation: 1, status: undefined, content: {}, diagnostics: [] };
    invalid = [
      { ...of('Gateway', 'u-2'), ...unread },
      { ...of('HTTPRoute', 'u-3'), ...unread },
    ];
    expect(wanted(gatewayClass('sallyport'))).toMatchObject({ gateways: [], kept: new Set(['u-2']) });
    // One that is served as it was before is wanted as it was before.
    invalid = [{ ...of('Gateway', 'u-1'), ...unread }];
    expect(wanted(gatewayClass('sallyport'), gateway(http))).toMatchObject({ gateways: [{}], kept: new Set() });
  });

  it('has nothing to do with the Gateways of others', () => {
    expect(wanted(gatewayClass('theirs', 'x.dev/y'), gateway(http, 'theirs'))).toEqual({
      gateways: [],
      kept: new Set(),
      foreignClasses: new Set(['theirs']),
    });
  });
});
