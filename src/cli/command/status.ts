import type { ProxyState } from '../../ads/proxy-state.ts';
import type { Finding } from '../../control/findings.ts';
import { gatewayName } from '../../ir/name.ts';
import type { ObjectRef } from '../../snapshot/object.ts';
import { findPodProblems, type PodProblem } from '../cluster/envoy-pods.ts';
import { isLive, renderLiveness } from '../cluster/render-liveness.ts';
import { findObjectArgument } from '../cluster/object-argument.ts';
import { askLiveness, type ControllerChoice, findReplicas, type Replica } from '../cluster/replicas.ts';
import { renderFinding } from '../finding.ts';
import { withUsage } from '../load.ts';
import { createStyles, renderTable, type Styles, useColours } from '../terminal.ts';

export interface StatusCommandOptions extends ControllerChoice {
  /** Of the object; absent: that of the kubeconfig. */
  readonly namespace?: string;
  readonly output: 'text' | 'json';
}

interface GatewayStatus {
  readonly addresses?: readonly { readonly value: string }[];
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  readonly listeners?: readonly { readonly attachedRoutes?: number }[];
}

/** What a replica shows, as far as it is printed. */
interface Overview {
  readonly replica: string;
  readonly leading: boolean;
  readonly proxies: readonly ProxyState[];
  readonly statuses: readonly { readonly ref: ObjectRef; readonly status: GatewayStatus }[];
  readonly findings: readonly Finding[];
}

async function ask(replica: Replica): Promise<Overview> {
  const [about, proxies, statuses, findings] = await Promise.all(
    ['/replica', '/proxies', '/statuses?kind=Gateway', '/findings'].map((path) => replica.get(path)),
  );
  return {
    replica: replica.name,
    leading: (about as { readonly leading: boolean }).leading,
    proxies: (proxies as { readonly discovery: readonly ProxyState[] }).discovery,
    statuses: statuses as Overview['statuses'],
    findings: findings as readonly Finding[],
  };
}

function renderGateways(all: readonly Overview[], styles: Styles): string {
  const newest = all.find(({ leading }) => leading) ?? all[0];
  const proxies = all.flatMap((overview) => overview.proxies);
  const rows = (newest?.statuses ?? []).map(({ ref, status }) => {
    const name = `${ref.namespace}/${ref.name}`;
    const programmed = status.conditions?.find(({ type }) => type === 'Programmed');
    const group = gatewayName(ref.namespace, ref.name);
    const own = proxies.filter((proxy) => proxy.group === group);
    const settled = own.filter((proxy) => proxy.settled).length;
    const routes = (status.listeners ?? []).reduce((sum, { attachedRoutes = 0 }) => sum + attachedRoutes, 0);
    return [
      name,
      (status.addresses ?? []).map(({ value }) => value).join(', ') || '-',
      programmed?.status === 'True' ? styles.green('programmed') : styles.red(programmed?.reason ?? 'unknown'),
      `${routes} ${routes === 1 ? 'route' : 'routes'}`,
      own.length > 0 && settled === own.length
        ? styles.green(`${settled} of ${own.length} Envoys up to date`)
        : styles.red(`${settled} of ${own.length} Envoys up to date`),
    ];
  });
  return rows.length === 0 ? 'no Gateway is served' : renderTable(rows);
}

function renderRefusals(all: readonly Overview[], styles: Styles): readonly string[] {
  return all.flatMap(({ proxies }) =>
    proxies.flatMap(({ group, nodeId, settled, lastRefusal }) =>
      settled || lastRefusal === undefined
        ? []
        : [`${styles.red('refused')} by ${nodeId} of ${group}: ${lastRefusal.refusal ?? ''}`],
    ),
  );
}

/** Of the Gateways that are served, so that nobody needs rights elsewhere. */
function findProblems(all: readonly Overview[], options: StatusCommandOptions): Promise<readonly PodProblem[]> {
  const namespaces = all.flatMap(({ statuses }) => statuses.map(({ ref }) => ref.namespace));
  return findPodProblems(options, new Set(namespaces));
}

function renderAll(all: readonly Overview[], problems: readonly PodProblem[], styles: Styles): string {
  const replicas = all.map(({ replica, leading, proxies }) => [
    replica,
    leading ? 'leads' : 'follows',
    `${proxies.length} ${proxies.length === 1 ? 'Envoy' : 'Envoys'}`,
  ]);
  const findings = new Map(all.flatMap((overview) => overview.findings).map((one) => [JSON.stringify(one), one]));
  return [
    renderTable(replicas),
    renderGateways(all, styles),
    ...problems.map(({ namespace, pod, problem }) => `${styles.red('error')} Pod ${namespace}/${pod}: ${problem}`),
    ...renderRefusals(all, styles),
    ...[...findings.values()].map((finding) => renderFinding(finding, styles)),
  ].join('\n\n');
}

/** `sallyport status [KIND/NAME]`: replicas, Gateways and Envoys; or where one object is live, since when, what is wrong. */
export function status(text: string | undefined, options: StatusCommandOptions): Promise<void> {
  return withUsage(async () => {
    const ref = text === undefined ? undefined : await findObjectArgument(text, options);
    const replicas = await findReplicas(options);
    const styles = createStyles(useColours(process.stdout));
    const print = (value: unknown, shown: string) =>
      process.stdout.write(`${options.output === 'json' ? JSON.stringify(value, undefined, 2) : shown}\n`);
    if (ref !== undefined) {
      const liveness = await askLiveness(replicas, ref);
      print(liveness, renderLiveness(liveness, styles));
      return isLive(liveness) ? 0 : 1;
    }
    const all = await Promise.all(replicas.map(ask));
    const problems = await findProblems(all, options);
    print({ replicas: all, problems }, renderAll(all, problems, styles));
    const isWrong = all.some(({ findings }) => findings.some(({ severity }) => severity === 'error'));
    return isWrong || problems.length > 0 ? 1 : 0;
  });
}
