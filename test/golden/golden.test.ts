import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { readCase, refreshCase, type Shown } from './case.ts';
import { outcomeOf } from './outcome.ts';

const root = import.meta.dirname;
const defaultShown: readonly Shown[] = ['statuses', 'diagnostics', 'routes'];
const refresh = process.env['SALLYPORT_REFRESH_GOLDEN'] === '1';

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(root, name))
  .sort();

function run(text: string) {
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS() as AnyObject | null)
    .filter((object) => object !== null);
  const snapshot = applyChanges(
    emptySnapshot,
    objects.map((object) => ({ kind: 'put', object })),
  );
  return createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map());
}

describe('golden cases', () => {
  for (const file of files) {
    it(relative(root, file), () => {
      const golden = readCase(file);
      const show = golden.expectation?.show ?? defaultShown;
      const outcome = outcomeOf(run(golden.objects), [], show);
      if (refresh) refreshCase(golden, show, outcome);
      else expect(outcome, 'run "npm run golden", read the outcome, and commit it').toEqual(golden.expectation?.outcome);
    });
  }
});
