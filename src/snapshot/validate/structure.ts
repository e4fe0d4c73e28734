import { isIPv4, isIPv6 } from 'node:net';
import { isFields } from '../../lib/fields.ts';
import { closest } from './closest.ts';
import type { Path, Report } from './finding.ts';
import type { Schema } from './schema.ts';

/** What a walk over an object carries along. */
export interface StructureContext {
  readonly report: Report;
  /** A regular expression of a schema; compiled once. */
  pattern(source: string): RegExp;
  /** Whether a message may show what was written. */
  readonly showValues: boolean;
  /** Whether lists may be longer than the schema has it. */
  readonly anyLength?: boolean;
}

/**
 * Checks a value against a structural schema as the API server does, and returns it completed: nulls of properties
 * dropped, then defaults set. Unknown fields are mistakes, as with strict field validation.
 */
export function checkStructure(
  context: StructureContext,
  schema: Schema,
  value: unknown,
  path: Path | undefined,
): unknown {
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof value === 'string') checkString(context, schema, value, path);
    else if (!Number.isInteger(value)) reportType(context, path, 'a whole number or a string', value);
    return value;
  }
  checkEnum(context, schema, value, path);
  switch (schema.type) {
    case 'object':
      return checkObject(context, schema, value, path);
    case 'array':
      return checkArray(context, schema, value, path);
    case 'string':
      if (typeof value === 'string') checkString(context, schema, value, path);
      // The YAML 1.2 core schema has no dates, but a Date can come from a reader that has.
      else reportType(context, path, 'a string (quote it)', value);
      return value;
    case 'integer':
    case 'number':
      checkNumber(context, schema, value, path);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') reportType(context, path, 'true or false', value);
      return value;
    default:
      return value;
  }
}

function checkObject(context: StructureContext, schema: Schema, value: unknown, path: Path | undefined): unknown {
  if (!isFields(value)) {
    reportType(context, path, 'a map', value);
    return value;
  }
  const { additionalProperties } = schema;
  const result: { [key: string]: unknown } = {};
  for (const [key, member] of Object.entries(value)) {
    // A null says the same as a field left out.
    if (member === null || member === undefined) continue;
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const below = { parent: path, key };
    if (known !== undefined) result[key] = checkStructure(context, known, member, below);
    else if (typeof additionalProperties === 'object')
      result[key] = checkStructure(context, additionalProperties, member, below);
    else {
      result[key] = member;
      if (!isOpen(schema)) reportUnknown(context, schema, below);
    }
  }
  setDefaults(context, schema, result, path);
  for (const name of schema.required ?? []) {
    if (result[name] === undefined)
      context.report('RequiredField', { parent: path, key: name }, `${name} is required.`);
  }
  const count = Object.keys(result).length;
  checkCount(context, path, count, schema.minProperties, schema.maxProperties, 'entries');
  if (schema.oneOf !== undefined && schema.oneOf.filter((option) => fits(option, result)).length !== 1) {
    context.report(
      'InvalidValue',
      path,
      'The fields do not go together: an address of type IPAddress must be an IPv4 or IPv6 address.',
    );
  }
  return result;
}

function setDefaults(
  context: StructureContext,
  schema: Schema,
  result: { [key: string]: unknown },
  path: Path | undefined,
): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined || result[key] !== undefined) continue;
    // A default may itself lack fields that have defaults.
    result[key] = checkStructure(context, property, structuredClone(property.default), { parent: path, key });
  }
}

function isOpen(schema: Schema): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true) return true;
  return schema.properties === undefined;
}

function reportUnknown(context: StructureContext, schema: Schema, path: Path): void {
  const near = closest(String(path.key), Object.keys(schema.properties ?? {}));
  const advice = near === undefined ? 'Remove it or check its name and indentation.' : `Did you mean ${near}?`;
  context.report('UnknownField', path, `There is no field ${path.key} here. ${advice}`);
}

function checkArray(context: StructureContext, schema: Schema, value: unknown, path: Path | undefined): unknown {
  if (!Array.isArray(value)) {
    reportType(context, path, 'a list', value);
    return value;
  }
  const items = schema.items ?? {};
  const result = value.map((item: unknown, key) => checkStructure(context, items, item, { parent: path, key }));
  const most = context.anyLength === true ? undefined : schema.maxItems;
  checkCount(context, path, result.length, schema.minItems, most, 'items');
  checkUnique(context, schema, result, path);
  return result;
}

function checkUnique(
  context: StructureContext,
  schema: Schema,
  items: readonly unknown[],
  path: Path | undefined,
): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'map' && listType !== 'set') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const first = new Map<string, number>();
  items.forEach((item, key) => {
    const identity = JSON.stringify(
      listType === 'set' || !isFields(item) ? item : keys.map((name) => item[name] ?? null),
    );
    const earlier = first.get(identity);
    if (earlier === undefined) first.set(identity, key);
    else {
      const what = listType === 'set' ? 'value' : keys.join(' and ');
      context.report(
        'DuplicateValue',
        { parent: path, key },
        `Item ${earlier} has the same ${what}; each must be unique.`,
      );
    }
  });
}

function checkEnum(context: StructureContext, schema: Schema, value: unknown, path: Path | undefined): void {
  if (schema.enum === undefined || schema.enum.includes(value)) return;
  const near = typeof value === 'string' ? closest(value, schema.enum.map(String)) : undefined;
  const advice = near === undefined ? '' : ` Did you mean ${near}?`;
  context.report('UnsupportedValue', path, `${shown(context, value)} is none of ${schema.enum.join(', ')}.${advice}`);
}

function checkString(context: StructureContext, schema: Schema, value: string, path: Path | undefined): void {
  // Limits count characters, not UTF-16 units; the iteration is spared where the units already fit.
  const length =
    schema.minLength === undefined && value.length <= (schema.maxLength ?? Infinity)
      ? value.length
      : Array.from(value).length;
  checkCount(context, path, length, schema.minLength, schema.maxLength, 'characters');
  if (schema.pattern !== undefined && !context.pattern(schema.pattern).test(value)) {
    context.report('InvalidValue', path, `${shown(context, value)} must match ${schema.pattern}.`);
  }
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) {
    context.report('InvalidValue', path, `${shown(context, value)} is not a date and time as RFC 3339 writes them.`);
  }
  if (
    schema.format === 'byte' &&
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replace(/[\r\n]/g, ''))
  ) {
    context.report(
      'InvalidValue',
      path,
      'The value is not valid base64. Encode it, or write it as it is under stringData.',
    );
  }
}

function checkNumber(context: StructureContext, schema: Schema, value: unknown, path: Path | undefined): void {
  if (typeof value !== 'number' || (schema.type === 'integer' && !Number.isInteger(value))) {
    reportType(context, path, schema.type === 'integer' ? 'a whole number' : 'a number', value);
    return;
  }
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (value < minimum) context.report('InvalidValue', path, `${value} is below the least value, ${minimum}.`);
  if (value > maximum) context.report('InvalidValue', path, `${value} is above the greatest value, ${maximum}.`);
  if (schema.format === 'int32' && (value < -(2 ** 31) || value >= 2 ** 31))
    context.report('InvalidValue', path, `${value} has more than 32 bits.`);
}

function checkCount(
  { report }: StructureContext,
  path: Path | undefined,
  count: number,
  least = 0,
  most = Infinity,
  unit: string,
): void {
  if (count < least) report('InvalidValue', path, `There must be at least ${least} ${unit}, not ${count}.`);
  if (count > most) report('InvalidValue', path, `There may be at most ${most} ${unit}, not ${count}.`);
}

/** Whether a value fits the few keywords that stand inside oneOf, anyOf and not. */
function fits(schema: Schema, value: unknown): boolean {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (schema.not !== undefined && fits(schema.not, value)) return false;
  if (schema.anyOf !== undefined && !schema.anyOf.some((option) => fits(option, value))) return false;
  if (schema.format === 'ipv4' && typeof value === 'string' && !isIPv4(value)) return false;
  if (schema.format === 'ipv6' && typeof value === 'string' && !isIPv6(value)) return false;
  if (schema.properties === undefined || !isFields(value)) return true;
  return Object.entries(schema.properties).every(
    ([key, property]) => value[key] === undefined || fits(property, value[key]),
  );
}

function reportType(context: StructureContext, path: Path | undefined, wanted: string, value: unknown): void {
  context.report('InvalidValue', path, `This must be ${wanted}, not ${describe(context, value)}.`);
}

function describe(context: StructureContext, value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return context.showValues ? shown(context, value) : `a ${typeof value}`;
}

function shown(context: StructureContext, value: unknown): string {
  if (!context.showValues) return 'The value';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
