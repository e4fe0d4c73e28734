import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../../gen/kubernetes/types.ts';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { resolveGatewayTemplate } from './gateway-template.ts';

const ref = (name: string, more = '') =>
  `parametersRef: {group: sallyport.dev, kind: GatewayTemplate, name: ${name}${more}}`;

function resolve(infrastructure: string, ofClass: string, ...templates: readonly string[]): unknown {
  const objects = parseObjects(
    [
      `kind: GatewayClass\nmetadata: {name: c}\nspec: {controllerName: x.dev/y${ofClass === '' ? '' : `, ${ofClass}`}}`,
      `kind: Gateway\nmetadata: {name: g, namespace: shop}\nspec: {gatewayClassName: c, infrastructure: {${infrastructure}}, listeners: []}`,
      ...templates,
    ].join('\n---\n'),
  );
  const gateway = objects.find((object): object is Gateway => object.kind === 'Gateway');
  if (gateway === undefined) throw new Error('no Gateway');
  const result = resolveGatewayTemplate(readerOf(viewOf(objects)), gateway);
  return result.ok ? result.value : result.error;
}

const template = (name: string, spec: string, namespace = 'shop') =>
  `kind: GatewayTemplate\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}`;

describe('resolveGatewayTemplate', () => {
  it('is empty without a reference', () => expect(resolve('', '')).toEqual({}));

  it('is the own one, or that of the class', () => {
    expect(resolve(ref('a'), '', template('a', '{replicas: 2}'))).toEqual({ replicas: 2 });
    const ofClass = ref('b', ', namespace: infra');
    expect(resolve('', ofClass, template('b', '{replicas: 3}', 'infra'))).toEqual({ replicas: 3 });
  });

  it('lets the own one win, field by field, lists as a whole', () => {
    const merged = resolve(
      ref('a'),
      ref('b', ', namespace: infra'),
      template('a', '{concurrency: 4, service: {annotations: {x: own}}, tolerations: [{key: own}], trustedHops: 0}'),
      template(
        'b',
        '{concurrency: 1, drainSeconds: 9, trustedHops: 2, service: {type: NodePort, annotations: {x: class, y: class}}, tolerations: [{key: class}, {key: more}]}',
        'infra',
      ),
    );
    expect(merged).toEqual({
      concurrency: 4,
      drainSeconds: 9,
      trustedHops: 0,
      service: { type: 'NodePort', annotations: { x: 'own', y: 'class' } },
      tolerations: [{ key: 'own' }],
    });
  });

  it.each([
    ['{replicas: 2}', '{autoscaling: {maxReplicas: 5}}', { replicas: 2 }],
    ['{autoscaling: {maxReplicas: 5}}', '{replicas: 2}', { autoscaling: { maxReplicas: 5 } }],
    [
      '{autoscaling: {maxReplicas: 5}}',
      '{autoscaling: {minReplicas: 2, maxReplicas: 3}}',
      { autoscaling: { minReplicas: 2, maxReplicas: 5 } },
    ],
    ['{}', '{autoscaling: {maxReplicas: 5}}', { autoscaling: { maxReplicas: 5 } }],
  ])('never has both a number and an autoscaler: %s over %s', (own, ofClass, merged) => {
    const [a, b] = [template('a', own), template('b', ofClass, 'infra')];
    expect(resolve(ref('a'), ref('b', ', namespace: infra'), a, b)).toEqual(merged);
  });

  it.each([
    [ref('a'), '', 'infrastructure.parametersRef names GatewayTemplate shop/a, which is not there.'],
    [
      'parametersRef: {group: "", kind: ConfigMap, name: a}',
      '',
      'infrastructure.parametersRef names /ConfigMap a; only sallyport.dev/GatewayTemplate is known.',
    ],
    ['', ref('b'), "The GatewayClass's parametersRef needs the namespace of GatewayTemplate b."],
    ['', ref('b', ', namespace: x'), "The GatewayClass's parametersRef names GatewayTemplate x/b, which is not there."],
  ])('refuses %s %s', (own, ofClass, message) => {
    expect(resolve(own, ofClass)).toEqual({ reason: 'InvalidParameters', message });
  });
});
