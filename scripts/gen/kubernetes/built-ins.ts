import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapValues, type Schema, type SourceKind, withoutProse } from './schema.ts';

/** What Kubernetes checks and sets in code, so that its OpenAPI does not say it: closed sets of values and defaults. */
const written: { readonly [definition: string]: { readonly [property: string]: Schema } } = {
  'io.k8s.api.core.v1.Service': { spec: { default: {} } },
  'io.k8s.api.core.v1.ServiceSpec': {
    type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'], default: 'ClusterIP' },
    sessionAffinity: { enum: ['None', 'ClientIP'], default: 'None' },
    externalTrafficPolicy: { enum: ['Cluster', 'Local'] },
    internalTrafficPolicy: { enum: ['Cluster', 'Local'] },
    ipFamilyPolicy: { enum: ['SingleStack', 'PreferDualStack', 'RequireDualStack'] },
  },
  'io.k8s.api.core.v1.ServicePort': { protocol: { enum: ['TCP', 'UDP', 'SCTP'], default: 'TCP' } },
  'io.k8s.api.core.v1.Secret': { type: { default: 'Opaque' } },
  'io.k8s.api.core.v1.ContainerPort': { protocol: { enum: ['TCP', 'UDP', 'SCTP'], default: 'TCP' } },
  'io.k8s.api.discovery.v1.EndpointSlice': { addressType: { enum: ['IPv4', 'IPv6', 'FQDN'] } },
  'io.k8s.api.discovery.v1.EndpointPort': { protocol: { enum: ['TCP', 'UDP', 'SCTP'], default: 'TCP' } },
  'io.k8s.api.networking.v1.Ingress': { spec: { default: {} } },
  'io.k8s.api.networking.v1.HTTPIngressPath': {
    pathType: { enum: ['Exact', 'Prefix', 'ImplementationSpecific'] },
  },
};

/** Definitions of which Sallyport reads little: only these properties are described, others are let through unseen. */
const partlyRead: { readonly [definition: string]: readonly string[] } = {
  'io.k8s.api.core.v1.PodSpec': ['nodeName', 'serviceAccountName', 'containers', 'hostNetwork'],
  'io.k8s.api.core.v1.Container': ['name', 'ports'],
  'io.k8s.api.core.v1.PodStatus': ['phase', 'podIP', 'podIPs', 'conditions'],
  'io.k8s.api.core.v1.NodeSpec': [],
  'io.k8s.api.core.v1.NodeStatus': ['addresses'],
  'io.k8s.api.core.v1.NamespaceSpec': [],
  'io.k8s.api.core.v1.NamespaceStatus': ['phase'],
};

const opaque: ReadonlySet<string> = new Set(['io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry']);

interface OpenApiFile {
  readonly components: { readonly schemas: { readonly [definition: string]: Schema } };
}

/** Reads kinds from Kubernetes' published OpenAPI; `definitions` collects what was read, by its name there. */
export function readBuiltIns(directory: string, definitions: Map<string, Schema>): readonly SourceKind[] {
  const read = (file: string, group: string, kinds: readonly string[]): readonly SourceKind[] => {
    const path = join(directory, 'api/openapi-spec/v3', file);
    const { schemas } = (JSON.parse(readFileSync(path, 'utf8')) as OpenApiFile).components;
    return kinds.map((kind) => ({
      kind,
      apiVersion: group === 'core' ? 'v1' : `${group}.k8s.io/v1`,
      schema: expand(`io.k8s.api.${group}.v1.${kind}`, schemas, definitions),
    }));
  };
  return [
    ...read('api__v1_openapi.json', 'core', ['ConfigMap', 'Namespace', 'Node', 'Pod', 'Secret', 'Service']),
    ...read('apis__discovery.k8s.io__v1_openapi.json', 'discovery', ['EndpointSlice']),
    ...read('apis__networking.k8s.io__v1_openapi.json', 'networking', ['Ingress', 'IngressClass']),
  ];
}

function expand(name: string, all: OpenApiFile['components']['schemas'], definitions: Map<string, Schema>): Schema {
  const source = all[name];
  if (source === undefined) throw new Error(`OpenAPI has no ${name}`);
  if (opaque.has(name)) return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = resolveRefs(withoutProse(source), all, definitions);
  const properties = schema.properties ?? {};
  for (const [property, extra] of Object.entries(written[name] ?? {})) Object.assign(properties[property] ?? {}, extra);
  const kept = partlyRead[name];
  if (kept !== undefined) {
    schema.properties = Object.fromEntries(kept.map((property) => [property, properties[property] ?? {}]));
    schema.required = (schema.required ?? []).filter((property) => kept.includes(property));
    schema['x-kubernetes-preserve-unknown-fields'] = true;
  }
  if (schema.required?.length === 0) delete schema.required;
  definitions.set(name, schema);
  return schema;
}

/** Puts definitions in place of references; drops Go's zero values, which are no defaults to the API server. */
function resolveRefs(
  schema: Schema,
  all: OpenApiFile['components']['schemas'],
  definitions: Map<string, Schema>,
): Schema {
  const target = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
  if (target !== undefined) return { ...expand(target.replace('#/components/schemas/', ''), all, definitions) };
  const copy: Schema = { ...schema };
  if (copy.default === '' || copy.default === 0 || isEmptyObject(copy.default)) delete copy.default;
  if (copy.properties) copy.properties = mapValues(copy.properties, (value) => resolveRefs(value, all, definitions));
  if (copy.items) copy.items = resolveRefs(copy.items, all, definitions);
  if (typeof copy.additionalProperties === 'object') {
    copy.additionalProperties = resolveRefs(copy.additionalProperties, all, definitions);
  }
  if (copy.format === 'int-or-string') return { 'x-kubernetes-int-or-string': true };
  return copy;
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
