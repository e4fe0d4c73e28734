import { isIP } from 'node:net';
import { celEnv, celFunc, CelScalar, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { Path, Report } from './finding.ts';
import type { Schema } from './schema.ts';

interface Rule {
  readonly message: string;
  /** Whether the rule holds. A rule that can't be evaluated does not hold, as with the API server. */
  holds(self: CelInput): boolean;
}

/** The rules of a schema, as a tree of those of its parts that have any. */
export interface RuleTree {
  readonly rules: readonly Rule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  /** Of a list's items, or of a map's values. */
  readonly members: RuleTree | undefined;
}

/** What Kubernetes adds to CEL, as far as the rules call it. */
const kubernetesFunctions = [celFunc('isIP', [CelScalar.STRING], CelScalar.BOOL, (text) => isIP(text) !== 0)];

/** What rules can call. */
export const ruleFunctions = [...strings, ...kubernetesFunctions];

/** Compiles the x-kubernetes-validations of a schema. Rules about changes (oldSelf) need two versions and are left out. */
export function compileRules(schema: Schema): RuleTree | undefined {
  return compileTree(schema, celEnv({ funcs: ruleFunctions }));
}

function compileTree(schema: Schema, env: ReturnType<typeof celEnv>): RuleTree | undefined {
  const rules = (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => !/\boldSelf\b/.test(rule))
    .map(({ rule, message }) => compileRule(env, rule, message ?? `The rule "${rule}" does not hold.`));
  const properties = new Map<string, RuleTree>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const tree = compileTree(property, env);
    if (tree !== undefined) properties.set(name, tree);
  }
  const member =
    schema.items ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
  const members = member === undefined ? undefined : compileTree(member, env);
  return rules.length === 0 && properties.size === 0 && members === undefined
    ? undefined
    : { rules, properties, members };
}

function compileRule(env: ReturnType<typeof celEnv>, rule: string, message: string): Rule {
  const parsed = parse(rule);
  // Planned at first use: most objects use few of the fields that rules stand at.
  let evaluate: ((bindings: { readonly self: CelInput }) => unknown) | undefined;
  return {
    message,
    holds(self) {
      evaluate ??= plan(env, parsed) as (bindings: { readonly self: CelInput }) => unknown;
      const result = evaluate({ self });
      return !isCelError(result) && result === true;
    },
  };
}

/** Reports each rule that a value breaks. The value must have passed its schema. */
export function checkRules(tree: RuleTree, value: unknown, path: Path | undefined, report: Report): void {
  for (const rule of tree.rules) {
    // A value that passed its schema is made of what JSON has, all of which CEL takes.
    if (!rule.holds(value as CelInput)) report('RuleViolated', path, rule.message);
  }
  if (Array.isArray(value)) {
    const { members } = tree;
    if (members !== undefined)
      value.forEach((item: unknown, key) => checkRules(members, item, { parent: path, key }, report));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const below = tree.properties.get(key) ?? tree.members;
      if (below !== undefined) checkRules(below, member, { parent: path, key }, report);
    }
  }
}
