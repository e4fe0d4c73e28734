/** What JSON or YAML has for a map, of which nothing more is known. */
export type Fields = { readonly [name: string]: unknown };

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of a map; none where something else is there. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}
