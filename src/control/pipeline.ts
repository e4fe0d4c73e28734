import type { GatewayName } from '../ir/name.ts';
import { createMemo } from '../lib/memo.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { createIndexer } from '../snapshot/view.ts';
import type { TranslateOptions } from '../translate/options.ts';
import type { Quarantine } from '../translate/quarantine.ts';
import type { TranslationSources } from '../translate/sources.ts';
import { translate } from '../translate/translate.ts';
import type { Translation } from '../translate/translation.ts';
import { buildResources, type ResourcesByType } from '../xds/build-resources.ts';
import type { XdsOptions } from '../xds/options.ts';

/** What a snapshot comes to. */
export interface PipelineResult {
  readonly translation: Translation;
  /** What the proxies of each Gateway get; a value keeps its identity while nothing in it changes. */
  readonly resources: ReadonlyMap<GatewayName, ResourcesByType>;
}

/** From a snapshot to the bytes that proxies get: pure, and incremental by the tables that it owns. */
export interface Pipeline {
  run(snapshot: Snapshot, quarantine: Quarantine): PipelineResult;
  /** How often a step has really run, for tests and the bench. */
  calls(step: (...inputs: never[]) => unknown): number;
}

/** A pipeline with empty tables: its first run does everything. */
export function createPipeline(translateOptions: TranslateOptions, xdsOptions: XdsOptions): Pipeline {
  const memo = createMemo<TranslationSources>();
  const indexer = createIndexer();
  return {
    run(snapshot, quarantine) {
      const translation = translate(memo, indexer.update(snapshot), translateOptions, quarantine);
      const resources = new Map(
        translation.ir.gateways.map((gateway) => [gateway.name, buildResources(memo, xdsOptions, gateway)]),
      );
      memo.sweep();
      return { translation, resources };
    },
    calls: (step) => memo.calls(step),
  };
}
