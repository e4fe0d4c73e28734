import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { envoyRegistry } from './registry.ts';

const root = import.meta.dirname;
const imports = /import \{([^}]*)\} from '[./]*(gen\/envoy\/[^']+_pb\.js)'/g;

/** The schemas that a source file packs into an Any: the names in its calls, with the modules that they come from. */
function packedIn(file: string): readonly { readonly name: string; readonly module: string }[] {
  const source = readFileSync(join(root, file), 'utf8');
  const packed = new Set([...source.matchAll(/packAny\(\s*(\w+)/g)].map(([, name = '']) => name));
  return [...source.matchAll(imports)].flatMap(([, list = '', module = '']) =>
    list.split(',').flatMap((part) => {
      const [name = '', alias = name] = part.replace('type ', '').trim().split(' as ');
      return packed.has(alias) ? [{ name, module }] : [];
    }),
  );
}

const uses = globSync('**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap(packedIn);

describe('envoyRegistry', () => {
  it('is compared with a list that is not empty', () => expect(uses.length).toBeGreaterThan(10));

  it.each(uses.map(({ name, module }) => [name, module]))('knows %s of %s', async (name, module) => {
    const exports = (await import(join(root, '../..', module))) as Record<string, DescMessage>;
    const schema = exports[name];
    expect(schema && envoyRegistry.getMessage(schema.typeName)).toBeDefined();
  });
});
