import { describe, expect, it } from 'vitest';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { standaloneOptions } from '../options.ts';
import { supportedFeatures } from './feature.ts';
import { translateGatewayClass } from './gateway-class.ts';

function translate(spec: string) {
  const view = viewOf(parseObjects(`kind: GatewayClass\nmetadata: {name: c, generation: 2}\nspec: {${spec}}`));
  const [object] = view.GatewayClass.values();
  if (object === undefined) throw new Error('no GatewayClass');
  return translateGatewayClass(readerOf(view), object, standaloneOptions);
}

describe('translateGatewayClass', () => {
  it('accepts a class of ours and lists the features, sorted', () => {
    const status = translate(`controllerName: ${standaloneOptions.controllerName}`)?.status;
    expect(status?.conditions).toMatchObject([
      { type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration: 2 },
    ]);
    expect(status?.supportedFeatures.map(({ name }) => name)).toEqual(supportedFeatures.toSorted());
  });

  it('refuses parameters of another kind', () => {
    const translation = translate(
      `controllerName: ${standaloneOptions.controllerName}, parametersRef: {group: x, kind: Y, name: z}`,
    );
    expect(translation?.status.conditions).toMatchObject([{ status: 'False', reason: 'InvalidParameters' }]);
    expect(translation?.diagnostics).toMatchObject([{ severity: 'error', field: 'spec.parametersRef' }]);
  });

  it('leaves classes of others alone', () => {
    expect(translate('controllerName: x.dev/y')).toBeUndefined();
  });
});
