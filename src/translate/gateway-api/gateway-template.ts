import { type Fields, isFields } from '../../lib/fields.ts';
import type { Gateway, GatewayClass, GatewayTemplateSpec } from '../../../gen/kubernetes/types.ts';
import { err, ok, type Result } from '../../lib/result.ts';
import type { Problem } from '../../resolve/problem.ts';
import { type Read, readObject } from '../../snapshot/view.ts';

/** Everything as it is without one. */
export const noTemplate: GatewayTemplateSpec = {};

const templateGroup = 'sallyport.dev';
const templateKind = 'GatewayTemplate';

interface ParametersReference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

function invalid(message: string): Result<never, Problem> {
  return err({ reason: 'InvalidParameters', message });
}

function readTemplate(
  read: Read,
  { group, kind, name }: ParametersReference,
  namespace: string | undefined,
  field: string,
): Result<GatewayTemplateSpec, Problem> {
  if (group !== templateGroup || kind !== templateKind) {
    return invalid(`${field} names ${group}/${kind} ${name}; only ${templateGroup}/${templateKind} is known.`);
  }
  if (namespace === undefined) return invalid(`${field} needs the namespace of GatewayTemplate ${name}.`);
  const template = readObject(read, templateKind, namespace, name);
  if (template === undefined)
    return invalid(`${field} names GatewayTemplate ${namespace}/${name}, which is not there.`);
  return ok(template.spec);
}

/** The template that a GatewayClass names; an empty one where it names none. */
export function resolveClassTemplate(
  read: Read,
  gatewayClass: GatewayClass | undefined,
): Result<GatewayTemplateSpec, Problem> {
  const reference = gatewayClass?.spec.parametersRef;
  if (reference === undefined) return ok(noTemplate);
  return readTemplate(read, reference, reference.namespace, "The GatewayClass's parametersRef");
}

/** Objects field by field, everything else as a whole. */
function mergeFields(base: Fields, over: Fields): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = base[name];
    merged[name] = isFields(value) && isFields(below) ? mergeFields(below, value) : value;
  }
  return merged;
}

/** What a Gateway's template says wins over its class's. */
function mergeTemplates(ofClass: GatewayTemplateSpec, own: GatewayTemplateSpec): GatewayTemplateSpec {
  // The two exclude each other, so that the one replaces the other.
  const { replicas, autoscaling, ...rest } = ofClass;
  const count = own.replicas !== undefined || own.autoscaling !== undefined ? {} : { replicas, autoscaling };
  const kept = own.autoscaling === undefined ? count : { autoscaling };
  const present = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return mergeFields({ ...rest, ...present }, own as Fields);
}

/** How a Gateway's Envoys are deployed, by its own template and that of its class. */
export function resolveGatewayTemplate(read: Read, gateway: Gateway): Result<GatewayTemplateSpec, Problem> {
  const ofClass = resolveClassTemplate(read, readObject(read, 'GatewayClass', '', gateway.spec.gatewayClassName));
  const reference = gateway.spec.infrastructure?.parametersRef;
  if (!ofClass.ok || reference === undefined) return ofClass;
  const namespace = gateway.metadata.namespace ?? 'default';
  const own = readTemplate(read, reference, namespace, 'infrastructure.parametersRef');
  return own.ok ? ok(mergeTemplates(ofClass.value, own.value)) : own;
}
