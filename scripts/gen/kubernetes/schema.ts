/** The part of an OpenAPI v3 schema that Kubernetes uses. */
export interface Schema {
  type?: string;
  description?: string;
  properties?: { [name: string]: Schema };
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  format?: string;
  nullable?: boolean;
  pattern?: string;
  [keyword: string]: unknown;
}

export interface SourceKind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly schema: Schema;
}

const droppedKeywords: ReadonlySet<string> = new Set([
  'description',
  'x-kubernetes-group-version-kind',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-unions',
  'example',
  'title',
]);

/** A copy of the schema without its prose. */
export function withoutProse(schema: Schema): Schema {
  const copy: Schema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (droppedKeywords.has(keyword)) continue;
    if (keyword === 'properties') copy.properties = mapValues(schema.properties ?? {}, withoutProse);
    else if (
      keyword === 'items' ||
      keyword === 'not' ||
      (keyword === 'additionalProperties' && typeof value === 'object')
    ) {
      copy[keyword] = withoutProse(value as Schema);
    } else if (keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf') {
      copy[keyword] = (value as Schema[]).map(withoutProse);
    } else if (keyword === 'x-kubernetes-validations') {
      // A rule may name the version it was written for, in a comment field nobody evaluates.
      copy[keyword] = value;
    } else copy[keyword] = value;
  }
  return copy;
}

export function mapValues<T, U>(record: { [key: string]: T }, map: (value: T, key: string) => U): { [key: string]: U } {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
