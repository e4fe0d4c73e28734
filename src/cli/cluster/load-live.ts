import { createPipeline, type Pipeline } from '../../control/pipeline.ts';
import { diagnoseTranslation, withPositions } from '../../control/findings.ts';
import { loadFiles } from '../../snapshot/files/index.ts';
import { type AnyObject, refOf } from '../../snapshot/object.ts';
import { applyChanges, type Change, getObject, type Snapshot } from '../../snapshot/snapshot.ts';
import { createValidator } from '../../snapshot/validate/validator.ts';
import { clusterOptions } from '../../translate/options.ts';
import { debianOptions } from '../../xds/options.ts';
import { type Loaded, requirePaths } from '../load.ts';
import { type ClusterChoice, readLive } from './live.ts';

/** Which cluster, and whose GatewayClasses are served there. */
export interface LiveChoice extends ClusterChoice {
  readonly controllerName: string;
}

function createLivePipeline({ controllerName }: LiveChoice): Pipeline {
  return createPipeline({ ...clusterOptions, controllerName }, debianOptions);
}

/** What a cluster comes to as it is now. */
export async function loadLive(choice: LiveChoice, now: Date): Promise<Loaded> {
  const { snapshot, diagnostics } = await readLive(choice);
  const result = createLivePipeline(choice).run(snapshot, new Map());
  return { snapshot, result, findings: [...diagnostics, ...diagnoseTranslation(result.translation, now)] };
}

/** An object as the API server would keep it: what it sets is as it was, and what is new is the youngest of all. */
export function asApplied<T extends AnyObject>(object: T, before: AnyObject | undefined, now: Date): T {
  const { uid, creationTimestamp = `${now.toISOString().slice(0, 19)}Z`, generation } = before?.metadata ?? {};
  const status = before !== undefined && 'status' in before ? { status: before.status } : {};
  return {
    ...status,
    ...object,
    metadata: {
      ...object.metadata,
      creationTimestamp,
      ...(uid === undefined ? {} : { uid }),
      ...(generation === undefined ? {} : { generation }),
    },
  };
}

function changesOf(snapshot: Snapshot, live: Snapshot, now: Date): readonly Change[] {
  return Object.values(snapshot.collections).flatMap((collection: ReadonlyMap<string, AnyObject>) =>
    [...collection.values()].map((object): Change => {
      const { kind, namespace, name } = refOf(object);
      return { kind: 'put', object: asApplied(object, getObject(live, kind, namespace, name), now) };
    }),
  );
}

/**
 * What a cluster would come to with the objects of files applied to it. Findings are those that the files bring, about
 * whatever object: what was wrong before is not theirs.
 */
export async function loadOverLive(choice: LiveChoice, paths: readonly string[], now: Date): Promise<Loaded> {
  requirePaths(paths);
  const files = loadFiles(paths, createValidator());
  const live = await readLive(choice);
  const pipeline = createLivePipeline(choice);
  const before = new Set(
    diagnoseTranslation(pipeline.run(live.snapshot, new Map()).translation, now).map((finding) =>
      JSON.stringify(finding),
    ),
  );
  const snapshot = applyChanges(live.snapshot, changesOf(files.snapshot, live.snapshot, now));
  const result = pipeline.run(snapshot, new Map());
  const fresh = diagnoseTranslation(result.translation, now).filter((finding) => !before.has(JSON.stringify(finding)));
  const findings = withPositions([...files.diagnostics, ...fresh], (ref, field) => files.locate(ref, field));
  return { snapshot, result, findings, about: files.snapshot };
}
