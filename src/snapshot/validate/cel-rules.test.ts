import { celEnv, parse, plan } from '@bufbuild/cel';
import { describe, expect, it } from 'vitest';
import { checkRules, compileRules, ruleFunctions, type RuleTree } from './cel-rules.ts';
import { renderPath } from './finding.ts';
import { type Schema, schemas } from './schema.ts';

function rulesIn(schema: Schema): readonly string[] {
  const members = [schema.items, schema.additionalProperties].filter((part) => typeof part === 'object');
  return [
    ...(schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule),
    ...[...Object.values(schema.properties ?? {}), ...members].flatMap(rulesIn),
  ];
}

function countRules(tree: RuleTree | undefined): number {
  if (tree === undefined) return 0;
  const below = [...tree.properties.values(), tree.members];
  return below.reduce((sum, part) => sum + countRules(part), tree.rules.length);
}

function broken(schema: Schema, value: unknown): readonly string[] {
  const found: string[] = [];
  const tree = compileRules(schema);
  if (tree !== undefined)
    checkRules(tree, value, undefined, (_, path, message) => found.push(`${renderPath(path)}: ${message}`));
  return found;
}

describe('compileRules', () => {
  it('takes every rule of every kind, but those about changes', () => {
    const all = Object.values(schemas).flatMap(rulesIn);
    const ofChanges = all.filter((rule) => rule.includes('oldSelf'));
    // The controllerName of a GatewayClass can't change.
    expect(ofChanges).toEqual(['self == oldSelf']);
    const compiled = Object.values(schemas).reduce((sum, schema) => sum + countRules(compileRules(schema)), 0);
    expect(compiled).toBe(all.length - ofChanges.length);
    expect(compiled).toBeGreaterThan(100);
  });

  it('knows every function and macro that the rules call', () => {
    const env = celEnv({ funcs: ruleFunctions });
    for (const rule of Object.values(schemas).flatMap(rulesIn))
      expect(() => plan(env, parse(rule)), rule).not.toThrow();
  });

  it('knows what Kubernetes adds to CEL', () => {
    const hostnames = (...names: string[]) =>
      broken(schemas.TLSRoute, {
        spec: { hostnames: names, rules: [{ backendRefs: [{ group: '', kind: 'Service', name: 'a', port: 443 }] }] },
      });
    expect(hostnames('a.example.com', '*.example.com')).toEqual([]);
    expect(hostnames('a.example.com', '10.0.0.1')).toEqual(['spec.hostnames: Hostnames cannot contain an IP']);
  });

  it('makes nothing of a schema without rules', () => {
    expect(compileRules(schemas.Service)).toBeUndefined();
  });
});

describe('checkRules', () => {
  const rule = (text: string, message?: string) => ({
    'x-kubernetes-validations': [message === undefined ? { rule: text } : { rule: text, message }],
  });

  it('names the part that a rule is about: of a map by its key, of a list by its place', () => {
    const schema: Schema = {
      properties: {
        list: { items: rule('self > 1', 'too small') },
        map: { additionalProperties: rule("self.startsWith('a')", 'no a') },
      },
    };
    expect(broken(schema, { list: [2, 1, 0], map: { x: 'b', y: 'a' } })).toEqual([
      'list[1]: too small',
      'list[2]: too small',
      'map.x: no a',
    ]);
  });

  it('shows a rule that has no words of its own', () => {
    expect(broken(rule('self.a == 1'), { a: 2 })).toEqual([': The rule "self.a == 1" does not hold.']);
  });

  it('holds a rule that can not be evaluated for broken', () => {
    expect(broken(rule('self.missing > 1', 'broken'), {})).toEqual([': broken']);
    expect(broken(rule('has(self.missing) ? self.missing > 1 : true', 'broken'), {})).toEqual([]);
  });

  it('compares whole numbers as such', () => {
    expect(broken(rule('self.port == 80 && self.port in [80, 443]', 'not 80'), { port: 80 })).toEqual([]);
    expect(broken(rule('self.items.exists_one(i, i.n == 1)', 'not one'), { items: [{ n: 1 }, { n: 1 }] })).toEqual([
      ': not one',
    ]);
  });
});
