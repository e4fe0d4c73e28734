import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMsOf, startControlPlane } from './control-plane.ts';
import { freePort } from './free-port.ts';
import { sumOf } from './metric.ts';
import { printTable } from './table.ts';
import { gatewayText, routeText, serviceText, sharedService, sharedServices } from './world.ts';

const routes = 5_000;

/** What the control plane counts about itself. */
interface Counts {
  readonly cpuMs: number;
  readonly turns: number;
  readonly turnMs: number;
  readonly published: number;
  readonly acks: number;
  readonly heapMiB: number;
  readonly delayMs: number;
}

async function readCounts(adminPort: number): Promise<Counts> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const value = (name: string) => sumOf(text, `sallyport_${name}`);
  return {
    cpuMs: value('process_cpu_seconds_total') * 1000,
    turns: value('turns_total'),
    turnMs: value('turn_seconds_sum') * 1000,
    published: value('generations_published_total'),
    acks: value('acks_total'),
    heapMiB: value('nodejs_heap_size_used_bytes') / 2 ** 20,
    delayMs: value('nodejs_eventloop_lag_max_seconds') * 1000,
  };
}

/** The first Envoy of the control plane, found by its parent. */
function envoyPidOf(controlPlane: number): number {
  const children = readFileSync(`/proc/${controlPlane}/task/${controlPlane}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const envoy = children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('envoy'));
  if (envoy === undefined) throw new Error('no Envoy runs');
  return envoy;
}

/** What one change of 5,000 routes costs once the process is warm, and what many in a row do. */
export async function benchSteady(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  mkdirSync(join(folder, 'routes'));
  const services = Array.from({ length: sharedServices }, (_, index) => serviceText(`s${index}`, 9));
  writeFileSync(join(folder, 'base.yaml'), [gatewayText(await freePort()), ...services].join('---\n'));
  const put = (index: number, service: number) => {
    writeFileSync(join(folder, '.aside'), routeText(index, sharedService(service)));
    renameSync(join(folder, '.aside'), join(folder, `routes/r${index}.yaml`));
  };
  for (let index = 0; index < routes; index++) put(index, index);
  const adminPort = await freePort();
  const started = performance.now();
  const controlPlane = await startControlPlane(folder, adminPort);
  try {
    const readyMs = performance.now() - started;
    const loadedMiB = controlPlane.residentMiB();
    const envoy = envoyPidOf(controlPlane.pid);
    const change = async (count: number, everyMs: number, shift: number) => {
      const before = await readCounts(adminPort);
      const envoyBefore = cpuMsOf(envoy);
      for (let index = 0; index < count; index++) {
        put((index * 7) % routes, index + shift);
        await delay(everyMs);
      }
      await delay(500);
      const after = await readCounts(adminPort);
      return { before, after, envoyMs: cpuMsOf(envoy) - envoyBefore };
    };
    await change(60, 50, 1);
    const one = await change(60, 120, 2);
    const many = await change(500, 8, 3);
    const each = (from: Counts, to: Counts, of: keyof Counts, by: number) => ((to[of] - from[of]) / by).toFixed(1);
    printTable(`${routes} routes`, [
      ['start to serving', `${readyMs.toFixed(0)} ms`],
      ['resident after loading', `${loadedMiB.toFixed(0)} MiB`],
      ['resident after 620 changes', `${controlPlane.residentMiB().toFixed(0)} MiB`],
      ['CPU for one change', `${each(one.before, one.after, 'cpuMs', 60)} ms`],
      ['of it the turn of the pipeline', `${each(one.before, one.after, 'turnMs', 60)} ms`],
      ['longest delay of the event loop', `${one.after.delayMs.toFixed(0)} ms`],
    ]);
    printTable('500 changes, 100 or more a second', [
      ['turns of the pipeline', String(many.after.turns - many.before.turns)],
      ['generations published', String(many.after.published - many.before.published)],
      ['responses acknowledged', String(many.after.acks - many.before.acks)],
      ['CPU of the control plane a change', `${each(many.before, many.after, 'cpuMs', 500)} ms`],
      ['CPU of Envoy a change', `${(many.envoyMs / 500).toFixed(1)} ms`],
    ]);
  } finally {
    await controlPlane.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
