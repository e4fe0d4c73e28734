import type { ObjectLiveness } from '../../control/liveness.ts';
import { describeRef } from '../../snapshot/object.ts';
import { renderTable, type Styles } from '../terminal.ts';

/** Whether every proxy that it concerns serves an object. */
export function isLive({ found, proxies, problems }: ObjectLiveness): boolean {
  return found && problems.length === 0 && proxies.length > 0 && proxies.every(({ live }) => live);
}

function summary(liveness: ObjectLiveness): string {
  const { found, proxies, gateways, problems } = liveness;
  if (!found) return 'is not there, or not in a namespace that the controller reads';
  if (problems.length > 0) return 'is not served as it says';
  if (gateways.length === 0) return 'has no part in any Gateway';
  if (proxies.length === 0) return `has a part in ${gateways.join(', ')}, which no Envoy serves`;
  const live = proxies.filter((proxy) => proxy.live).length;
  return live === proxies.length
    ? `is live on ${live} of ${live} Envoys`
    : `is live on ${live} of ${proxies.length} Envoys`;
}

/** What is wrong with an object, a line each. */
export function renderProblems({ problems }: ObjectLiveness, styles: Styles): string {
  return problems.map((problem) => `  ${styles.red('error')} ${problem}`).join('\n');
}

/** An object, what is wrong with it, and each Envoy that is to serve it. */
export function renderLiveness(liveness: ObjectLiveness, styles: Styles): string {
  const { object, problems, proxies } = liveness;
  const colour = isLive(liveness) ? styles.green : styles.red;
  const rows = proxies.map(({ gateway, proxy, live, since, draining, refusal }) => [
    `  ${gateway}`,
    proxy,
    live ? styles.green('live') : styles.red('not yet'),
    [since === undefined ? '' : `since ${since}`, draining ? 'draining' : '', refusal ?? ''].filter(Boolean).join(', '),
  ]);
  return [
    `${styles.bold(describeRef(object))} ${colour(summary(liveness))}`,
    ...(problems.length === 0 ? [] : [renderProblems(liveness, styles)]),
    ...(rows.length === 0 ? [] : [renderTable(rows)]),
  ].join('\n');
}
