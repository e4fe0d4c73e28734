import { definitionNames, typeNames } from './names.ts';
import type { Schema, SourceKind } from './schema.ts';

/** Writes TypeScript types for schemas. Equal types are written once. */
export class TypeWriter {
  private readonly declarations = new Map<string, string>();
  private readonly nameByBody = new Map<string, string>();
  private readonly builtInNames = new Map<Schema['properties'], string>();

  /** Gives Kubernetes' own definitions their names; an expanded copy shares the properties of the original. */
  nameDefinitions(definitions: ReadonlyMap<string, Schema>): void {
    for (const [definition, schema] of definitions) {
      const name = definitionNames[definition] ?? definition.slice(definition.lastIndexOf('.') + 1);
      if (schema.properties !== undefined) this.builtInNames.set(schema.properties, name);
    }
  }

  addKind(source: SourceKind): void {
    const lines = [
      `  readonly apiVersion: '${source.apiVersion}';`,
      `  readonly kind: '${source.kind}';`,
      '  readonly metadata: ObjectMeta;',
    ];
    const required = new Set(source.schema.required);
    for (const [property, schema] of Object.entries(source.schema.properties ?? {})) {
      if (property === 'apiVersion' || property === 'kind' || property === 'metadata') continue;
      const isGiven = required.has(property) || (schema.default !== undefined && property !== 'status');
      const optional = isGiven ? '' : '?';
      lines.push(`  readonly ${property}${optional}: ${this.type(schema, source.kind, property)};`);
    }
    this.declarations.set(source.kind, `export interface ${source.kind} {\n${lines.join('\n')}\n}`);
  }

  addObjectMeta(schema: Schema): void {
    const required = { ...schema, required: ['name'] };
    this.declarations.set('ObjectMeta', `export interface ObjectMeta ${this.body(required, 'ObjectMeta', '')}`);
  }

  text(): string {
    const sorted = [...this.declarations.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    return sorted.map((name) => this.declarations.get(name)).join('\n\n');
  }

  private type(schema: Schema, kind: string, path: string): string {
    if (schema['x-kubernetes-int-or-string'] === true) return 'number | string';
    if (schema.enum !== undefined) return schema.enum.map((value) => quote(value)).join(' | ');
    switch (schema.type) {
      case 'string':
        return 'string';
      case 'boolean':
        return 'boolean';
      case 'integer':
      case 'number':
        return 'number';
      case 'array': {
        const item = this.type(schema.items ?? {}, kind, `${path}[]`);
        return item.includes(' | ') ? `readonly (${item})[]` : `readonly ${item}[]`;
      }
      case 'object':
        return this.objectType(schema, kind, path);
      default:
        return 'unknown';
    }
  }

  private objectType(schema: Schema, kind: string, path: string): string {
    if (typeof schema.additionalProperties === 'object') {
      return `{ readonly [key: string]: ${this.type(schema.additionalProperties, kind, `${path}{}`)} }`;
    }
    if (schema.properties === undefined || Object.keys(schema.properties).length === 0) {
      return '{ readonly [key: string]: unknown }';
    }
    const body = this.body(schema, kind, path);
    const wanted = typeNames[kind]?.[path] ?? this.builtInNames.get(schema.properties);
    const existing = this.nameByBody.get(body);
    if (wanted === undefined || wanted === existing) return existing ?? body;
    if (this.declarations.has(wanted)) {
      // The name is taken by a type of another shape: this one stays where it is used.
      return existing ?? body;
    }
    if (existing !== undefined) {
      this.declarations.set(wanted, `export type ${wanted} = ${existing};`);
      return wanted;
    }
    this.nameByBody.set(body, wanted);
    this.declarations.set(wanted, `export interface ${wanted} ${body}`);
    return wanted;
  }

  private body(schema: Schema, kind: string, path: string): string {
    const required = new Set(schema.required);
    const lines = Object.entries(schema.properties ?? {}).map(([property, value]) => {
      const child = path === '' ? property : `${path}.${property}`;
      const key = /^[A-Za-z$_][\w$]*$/.test(property) ? property : quote(property);
      const type = this.type(value, kind, child).replaceAll('\n', '\n  ');
      return `  readonly ${key}${required.has(property) ? '' : '?'}: ${type};`;
    });
    return `{\n${lines.join('\n')}\n}`;
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}
