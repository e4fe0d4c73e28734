import { type Fields, isFields } from '../../lib/fields.ts';
import { err, ok } from '../../lib/result.ts';
import { describeErrors, type Diagnostic } from '../diagnostic.ts';
import type { InvalidValue, Validate, Validation } from '../files/validation.ts';
import { type AnyObject, isBuiltIn, type Kind, kindTable, type ObjectRef } from '../object.ts';
import { checkRules, compileRules, type RuleTree } from './cel-rules.ts';
import { checkConfigMap, checkSecret, mergeStringData } from './data.ts';
import { checkEndpointSlice } from './endpoint-slice.ts';
import { isDeeperThan } from './depth.ts';
import { type Finding, renderPath, type Report } from './finding.ts';
import { identify } from './identify.ts';
import { checkIngress } from './ingress.ts';
import { checkMetadata } from './metadata.ts';
import { type Schema, schemas } from './schema.ts';
import { checkService } from './service.ts';
import { standInFor } from './stand-in.ts';
import { checkStructure } from './structure.ts';

/** What is compiled once and used for every object. */
interface Compiled {
  rulesOf(kind: Kind): RuleTree | undefined;
  pattern(source: string): RegExp;
}

/**
 * Makes the check that the API server would make: schema with defaults, unknown fields, CEL rules, metadata and the
 * written rules of the built-in kinds. What it compiles it keeps; each kind is compiled when its first object comes.
 */
export function createValidator(): Validate {
  const rules = new Map<Kind, RuleTree | undefined>();
  const patterns = new Map<string, RegExp>();
  const compiled: Compiled = {
    rulesOf(kind) {
      if (!rules.has(kind)) rules.set(kind, compileRules(schemas[kind]));
      return rules.get(kind);
    },
    pattern(source) {
      const known = patterns.get(source);
      if (known !== undefined) return known;
      const made = new RegExp(source);
      patterns.set(source, made);
      return made;
    },
  };
  return (value) => validate(compiled, value);
}

/** More than any object of these kinds can use, and little enough for what walks through it. */
const mostLevels = 200;

function validate(compiled: Compiled, value: unknown): Validation {
  if (isDeeperThan(value, mostLevels)) {
    const message = `The object is nested deeper than ${mostLevels} levels.`;
    return invalid(compiled, undefined, value, [{ reason: 'InvalidValue', field: '', message }]);
  }
  const identity = identify(value);
  switch (identity.kind) {
    case 'Malformed': {
      const { message, field = '', of, fields = {} } = identity;
      const ref = of === undefined ? undefined : refFrom(of, completeMetadata(of, fields));
      return invalid(compiled, ref, fields, [{ reason: 'UnsupportedKind', field, message }]);
    }
    case 'Other': {
      const { message, slip = false } = identity;
      if (message === undefined) return { kind: 'Ignored', diagnostics: [] };
      return {
        kind: 'Ignored',
        diagnostics: [{ severity: slip ? 'error' : 'warning', reason: 'UnsupportedKind', message, field: 'kind' }],
      };
    }
    case 'Known':
      return validateKind(compiled, identity.of, identity.fields);
  }
}

function validateKind(compiled: Compiled, kind: Kind, fields: Fields): Validation {
  const { completed, object, findings } = check(compiled, kind, fields);
  if (object !== undefined) return { kind: 'Object', object, diagnostics: [] };
  return invalid(compiled, refFrom(kind, completed), fields, findings);
}

interface Checked {
  /** With its defaults. */
  readonly completed: Fields;
  /** Undefined where there are findings. */
  readonly object: AnyObject | undefined;
  readonly findings: readonly Finding[];
}

/** @param anyLength whether lists may be longer than the schema has it */
function check(compiled: Compiled, kind: Kind, fields: Fields, anyLength = false): Checked {
  const findings: Finding[] = [];
  const report: Report = (reason, path, message) => findings.push({ reason, field: renderPath(path), message });
  const context = {
    report,
    pattern: (text: string) => compiled.pattern(text),
    showValues: kind !== 'Secret',
    anyLength,
  };
  const schema: Schema = schemas[kind];
  const completed = completeMetadata(kind, checkStructure(context, schema, withoutStatus(kind, fields), undefined));
  if (findings.length > 0) return { completed, object: undefined, findings };
  // Passed the schema of its kind, from which the type is generated.
  const checked = completed as unknown as AnyObject;
  const object = checked.kind === 'Secret' ? mergeStringData(checked) : checked;
  checkMetadata(kind, kindTable[kind], object.metadata, report);
  checkWrittenRules(object, report);
  const rules = compiled.rulesOf(kind);
  if (rules !== undefined) checkRules(rules, object, undefined, report);
  return { completed, object: findings.length > 0 ? undefined : object, findings };
}

/** Custom resources have their status written apart: what a manifest says of it is dropped, as the API server does. */
function withoutStatus(kind: Kind, fields: Fields): Fields {
  if (isBuiltIn(kind)) return fields;
  const { status: _, ...rest } = fields;
  return rest;
}

function completeMetadata(kind: Kind, object: unknown): Fields {
  if (!isFields(object) || !isFields(object['metadata'])) return isFields(object) ? object : {};
  const { namespace, ...metadata } = object['metadata'];
  if (!kindTable[kind].namespaced) return { ...object, metadata };
  return {
    ...object,
    metadata: { ...metadata, namespace: namespace === undefined || namespace === '' ? 'default' : namespace },
  };
}

function refFrom(kind: Kind, object: Fields): ObjectRef | undefined {
  const metadata = object['metadata'];
  if (!isFields(metadata) || typeof metadata['name'] !== 'string' || metadata['name'] === '') return undefined;
  const { name, namespace } = metadata;
  return { kind, namespace: kindTable[kind].namespaced && typeof namespace === 'string' ? namespace : '', name };
}

function invalid(
  compiled: Compiled,
  ref: ObjectRef | undefined,
  content: unknown,
  findings: readonly Finding[],
): InvalidValue {
  const object = ref === undefined ? {} : { object: ref };
  const diagnostics = findings.map(({ reason, field, message }): Diagnostic => ({
    severity: 'error',
    reason,
    message,
    ...object,
    ...(field === '' ? {} : { field }),
  }));
  if (ref === undefined) return { kind: 'Invalid', diagnostics };
  const standIn = standInFor(ref, content, describeErrors(diagnostics), (part) => {
    // A list that is too long is no less meant.
    const checked = check(compiled, ref.kind, part, true);
    return checked.object === undefined ? err(checked.findings.map(({ field }) => field)) : ok(checked.object);
  });
  return { kind: 'Invalid', ref, diagnostics, ...(standIn === undefined ? {} : { standIn }) };
}

/** Kinds whose schema says all that is checked have no rules here. */
function checkWrittenRules(object: AnyObject, report: Report): void {
  if (object.kind === 'ConfigMap') checkConfigMap(object, report);
  else if (object.kind === 'EndpointSlice') checkEndpointSlice(object, report);
  else if (object.kind === 'Ingress') checkIngress(object, report);
  else if (object.kind === 'Secret') checkSecret(object, report);
  else if (object.kind === 'Service') checkService(object, report);
}
