import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import { diagnoseFile, objectsOf, parseFile, standInsOf } from '../../src/snapshot/files/file.ts';
import { applyChanges, emptySnapshot, type Change } from '../../src/snapshot/snapshot.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { readCase, refreshCase, type GoldenCase, type Shown } from './case.ts';
import { outcomeOf } from './outcome.ts';

const root = import.meta.dirname;
const defaultShown: readonly Shown[] = ['statuses', 'diagnostics', 'routes'];
const refresh = process.env['SALLYPORT_REFRESH_GOLDEN'] === '1';

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(root, name))
  .sort();

const validate = createValidator();

/** As `sallyport check` would do: read, validate against the schemas of the kinds, translate. */
function run({ file, objects: text }: GoldenCase) {
  const parsed = parseFile(relative(root, file), text, validate, new Map());
  const objects = new Map([...standInsOf(parsed), ...objectsOf(parsed)]);
  const changes = [...objects.values()].map((object): Change => ({ kind: 'put', object }));
  const result = createPipeline(standaloneOptions, debianOptions).run(applyChanges(emptySnapshot, changes), new Map());
  return { result, loading: diagnoseFile(parsed) };
}

describe('golden cases', () => {
  for (const file of files) {
    it(relative(root, file), () => {
      const golden = readCase(file);
      const show = golden.expectation?.show ?? defaultShown;
      const { result, loading } = run(golden);
      const outcome = outcomeOf(result, loading, show);
      // An object that validation refuses is one that a case must be about.
      if (loading.length > 0) expect(show).toContain('diagnostics');
      if (refresh) refreshCase(golden, show, outcome);
      else
        expect(outcome, 'run "npm run golden", read the outcome, and commit it').toEqual(golden.expectation?.outcome);
    });
  }
});
