import type { GatewayClass } from '../../../gen/kubernetes/types.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { refOf } from '../../snapshot/object.ts';
import { type Read, readObject } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker } from './condition.ts';
import { supportedFeatures } from './feature.ts';
import { resolveClassTemplate } from './gateway-template.ts';

/** Which way the Gateways of a class lead traffic. */
export type ClassRole = 'Ingress' | 'Egress';

const egressClassName = 'sallyport-egress';
const implicitClassNames: ReadonlySet<string> = new Set(['sallyport', egressClassName]);

/** What Gateways of a class are to us; undefined where the class belongs to another controller or is not there. */
export function resolveClassRole(read: Read, className: string, options: TranslateOptions): ClassRole | undefined {
  const gatewayClass = readObject(read, 'GatewayClass', '', className);
  const ours =
    gatewayClass === undefined
      ? options.implicitClasses && implicitClassNames.has(className)
      : gatewayClass.spec.controllerName === options.controllerName;
  if (!ours) return undefined;
  return className === egressClassName ? 'Egress' : 'Ingress';
}

export interface GatewayClassTranslation {
  readonly status: {
    readonly conditions: readonly Condition[];
    readonly supportedFeatures: readonly { readonly name: string }[];
  };
  readonly diagnostics: readonly Diagnostic[];
}

/** The status of a GatewayClass of ours; undefined for those of other controllers. */
export function translateGatewayClass(
  read: Read,
  gatewayClass: GatewayClass,
  options: TranslateOptions,
): GatewayClassTranslation | undefined {
  if (gatewayClass.spec.controllerName !== options.controllerName) return undefined;
  const { yes, no } = createConditionMaker(gatewayClass);
  const features = supportedFeatures.map((name) => ({ name }));
  const template = resolveClassTemplate(read, gatewayClass);
  if (template.ok) {
    const conditions = [yes('Accepted', 'Accepted', 'Gateways of this class are served.')];
    return { status: { conditions, supportedFeatures: features }, diagnostics: [] };
  }
  return {
    status: { conditions: [no('Accepted', template.error)], supportedFeatures: features },
    diagnostics: [{ severity: 'error', ...template.error, object: refOf(gatewayClass), field: 'spec.parametersRef' }],
  };
}
