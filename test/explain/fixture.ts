import { createPipeline } from '../../src/control/pipeline.ts';
import type { Translation } from '../../src/translate/translation.ts';
import { loadFiles } from '../../src/snapshot/files/index.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../../src/snapshot/snapshot.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { parseObjects } from '../fixture/view.ts';

function translateSnapshot(snapshot: Snapshot): Translation {
  return createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map()).translation;
}

/** Files and folders, translated as the commands do. */
export function translateFiles(paths: readonly string[]): Translation {
  const { snapshot, diagnostics } = loadFiles(paths, createValidator());
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return translateSnapshot(snapshot);
}

/** Objects of a test, as YAML documents. */
export function translateYaml(text: string): Translation {
  const changes = parseObjects(text).map((object) => ({ kind: 'put' as const, object }));
  return translateSnapshot(applyChanges(emptySnapshot, changes));
}
