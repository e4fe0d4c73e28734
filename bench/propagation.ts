import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane } from './control-plane.ts';
import { measureFloor, type Addition } from './floor.ts';
import { freePort } from './free-port.ts';
import { percentile, untilServed } from './probe.ts';
import { printTable } from './table.ts';
import { gatewayText, hostOf, routeText, serviceText, sharedService, sharedServices } from './world.ts';

const repetitions = 20;

interface Measured {
  readonly times: readonly number[];
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** Routes to known Services, then routes that come with a Service of their own. */
function additionsOf(kind: 'known' | 'new', backend: number): readonly Addition[] {
  return Array.from({ length: repetitions }, (_, index) => {
    const name = `${kind}${index}`;
    const service = kind === 'known' ? sharedService(index) : name;
    const route = routeText(name, service);
    const text = kind === 'known' ? route : `${serviceText(name, backend)}---\n${route}`;
    return { text, host: hostOf(name) };
  });
}

function writeWorld(folder: string, routes: number, port: number, backend: number): void {
  mkdirSync(join(folder, 'routes'), { recursive: true });
  const services = Array.from({ length: sharedServices }, (_, index) => serviceText(`s${index}`, backend));
  writeFileSync(join(folder, 'base.yaml'), [gatewayText(port), ...services].join('---\n'));
  for (let index = 0; index < routes; index++) {
    writeFileSync(join(folder, 'routes', `r${index}.yaml`), routeText(index, sharedService(index)));
  }
}

async function measureRun(routes: number, port: number, backend: number, kinds: readonly (readonly Addition[])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    writeWorld(folder, routes, port, backend);
    const controlPlane = await startControlPlane(folder, await freePort());
    try {
      await untilServed(agent, port, hostOf(0), performance.now());
      const measured: Measured[] = [];
      for (const additions of kinds) {
        const cpuBefore = controlPlane.cpuMs();
        const times: number[] = [];
        for (const [index, { text, host }] of additions.entries()) {
          // Written aside and moved into place: time runs from when the whole file is there.
          const aside = join(folder, `.${index}.tmp`);
          writeFileSync(aside, text);
          const start = performance.now();
          renameSync(aside, join(folder, 'routes', `${host}.yaml`));
          times.push(await untilServed(agent, port, host, start));
        }
        const cpuMs = (controlPlane.cpuMs() - cpuBefore) / additions.length;
        measured.push({ times, cpuMs, residentMiB: controlPlane.residentMiB() });
      }
      return measured;
    } finally {
      await controlPlane.stop();
    }
  } finally {
    agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

function worldText(routes: number, port: number, backend: number): string {
  const services = Array.from({ length: sharedServices }, (_, index) => serviceText(`s${index}`, backend));
  const all = Array.from({ length: routes }, (_, index) => routeText(index, sharedService(index)));
  return [gatewayText(port), ...services, ...all].join('---\n');
}

/** From a file to the first 200, against the floor: the same resources pushed by a server that does nothing else. */
export async function benchPropagation(sizes: readonly number[]): Promise<void> {
  const backend = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port: backendPort } = backend.address() as AddressInfo;
  const rows: string[][] = [
    ['routes', 'added', 'p50', 'p99', 'floor p50', 'floor p99', 'ratio p50', 'CPU each', 'resident'],
  ];
  try {
    for (const routes of sizes) {
      const port = await freePort();
      const kinds = ['known', 'new'] as const;
      const additions = kinds.map((kind) => additionsOf(kind, backendPort));
      const measured = await measureRun(routes, port, backendPort, additions);
      for (const [index, kind] of kinds.entries()) {
        const floor = await measureFloor(worldText(routes, port, backendPort), port, additions[index] ?? []);
        const { times = [], cpuMs = 0, residentMiB = 0 } = measured[index] ?? {};
        const ms = (values: readonly number[], share: number) => `${percentile(values, share).toFixed(1)} ms`;
        const ratio = percentile(times, 0.5) / percentile(floor, 0.5);
        rows.push([
          String(routes),
          kind === 'known' ? 'a route' : 'a route and its Service',
          ms(times, 0.5),
          ms(times, 0.99),
          ms(floor, 0.5),
          ms(floor, 0.99),
          ratio.toFixed(2),
          `${cpuMs.toFixed(1)} ms`,
          `${residentMiB.toFixed(0)} MiB`,
        ]);
      }
    }
  } finally {
    backend.closeAllConnections();
    backend.close();
  }
  printTable('From a file that is written to the first 200', rows);
}
