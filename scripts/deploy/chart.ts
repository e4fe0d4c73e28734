// npm run chart: packages the Helm chart, with the definitions of the Gateway API that its source does not hold.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../test/cluster/cache.ts';
import { gatewayApiCrds, helmProgram } from '../../test/cluster/programs.ts';
import { must } from '../../test/cluster/run.ts';

const source = join(root, 'deploy/helm/sallyport');

/** Runs Helm; rejects with what it says where it fails. */
export async function helm(words: readonly string[]): Promise<string> {
  return must([await helmProgram(), ...words]);
}

/** The chart's objects as Helm makes them for a cluster that has the Gateway API. */
export function renderChart(options: readonly string[]): Promise<string> {
  const cluster = ['--kube-version', '1.33.0', '--api-versions', 'gateway.networking.k8s.io/v1'];
  return helm(['template', 'sallyport', source, ...cluster, ...options]);
}

/** Puts the packaged chart into a folder and returns its path. */
export async function packageChart(target: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-chart-'));
  try {
    const chart = join(folder, 'sallyport');
    cpSync(source, chart, { recursive: true, dereference: true });
    await addGatewayApi(join(chart, 'charts/gateway-api/crds'));
    await helm(['package', chart, '--destination', folder]);
    const file = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (file === undefined) throw new Error('helm package left no archive');
    cpSync(join(folder, file), join(target, file));
    return join(target, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function addGatewayApi(target: string): Promise<void> {
  const from = await gatewayApiCrds('experimental');
  mkdirSync(target);
  for (const name of readdirSync(from)) {
    // Beside the definitions there are a policy for admission and an index.
    if (!readFileSync(join(from, name), 'utf8').includes('\nkind: CustomResourceDefinition\n')) continue;
    cpSync(join(from, name), join(target, name));
  }
}

if (import.meta.main) process.stdout.write(`${await packageChart(root)}\n`);
