import type { ObjectStatus } from '../../translate/translation.ts';
import { describeRef, objectKey } from '../../snapshot/object.ts';
import type { Finding } from '../../control/findings.ts';
import type { LiveChoice } from '../cluster/load-live.ts';
import { renderFinding } from '../finding.ts';
import { load, withUsage, type Loaded } from '../load.ts';
import { createStyles, renderTable, useColours, type Styles } from '../terminal.ts';

interface ShownCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

function isCondition(value: unknown): value is ShownCondition {
  return typeof value === 'object' && value !== null && 'type' in value && 'status' in value && 'reason' in value;
}

/** Every condition below a status, wherever its kind keeps them. */
function conditionsOf(value: unknown): readonly ShownCondition[] {
  if (isCondition(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(conditionsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(conditionsOf);
}

/** These say that something is wrong when they are true. */
const negative: ReadonlySet<string> = new Set(['Conflicted', 'PartiallyInvalid', 'OverlappingTLSConfig']);

function summarize({ ref, status }: ObjectStatus, styles: Styles): readonly string[] {
  const worst = conditionsOf(status).filter(
    ({ type, status: value }) => (value === 'False') !== negative.has(type) && type !== 'Enforced',
  );
  const wrong = worst.filter(({ type, status: value }) => (negative.has(type) ? value === 'True' : value === 'False'));
  const words = [...new Set(wrong.map(({ type, status: value, reason }) => `${type}=${value} (${reason})`))];
  return [describeRef(ref), words.length === 0 ? styles.green('ok') : styles.red(words.join(', '))];
}

/** The statuses of the objects that are checked. */
function statusesOf({ result, about }: Loaded): readonly ObjectStatus[] {
  const { statuses } = result.translation;
  return about === undefined ? statuses : statuses.filter(({ ref }) => about.collections[ref.kind].has(objectKey(ref)));
}

function renderText(loaded: Loaded): string {
  const { findings, snapshot, about = snapshot } = loaded;
  const styles = createStyles(useColours(process.stdout));
  const objects = Object.values(about.collections).reduce((sum, collection) => sum + collection.size, 0);
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const parts = [
    ...findings.map((finding) => renderFinding(finding, styles)),
    renderTable(statusesOf(loaded).map((status) => summarize(status, styles))),
    `${objects} objects, ${errors} errors, ${findings.length - errors} warnings`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

export interface CheckCommandOptions extends LiveChoice {
  /** Check against the cluster as it is, not the files alone. */
  readonly cluster?: boolean;
  readonly output: 'text' | 'json';
}

/** `sallyport check`: all findings with their places, and the status of each object. */
export function check(paths: readonly string[], options: CheckCommandOptions): Promise<void> {
  return withUsage(async () => {
    const loaded =
      options.cluster === true
        ? await (await import('../cluster/load-live.ts')).loadOverLive(options, paths, new Date())
        : load(paths, new Date());
    const { findings } = loaded;
    process.stdout.write(
      options.output === 'json'
        ? `${JSON.stringify({ findings, statuses: statusesOf(loaded) }, undefined, 2)}\n`
        : renderText(loaded),
    );
    // In a cluster the other object is somebody's who gets requests now.
    const isWrong = ({ severity, reason }: Finding) =>
      severity === 'error' || (options.cluster === true && reason === 'SameMatch');
    return findings.some(isWrong) ? 1 : 0;
  });
}
