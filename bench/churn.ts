import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, untilServed } from './probe.ts';
import { runDefaults, startRun } from '../src/cli/command/run.ts';
import { freePort } from './free-port.ts';
import { printTable } from './table.ts';
import { gatewayText, hostOf, routeText, serviceText } from './world.ts';

const waves = 10;
const perWave = 500;

/** Needs `--expose-gc`: what is garbage must not count. */
function collect(): void {
  if (globalThis.gc === undefined) throw new Error('start this bench with --expose-gc');
  for (let round = 0; round < 3; round++) globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

async function until404(agent: Agent, port: number, host: string): Promise<void> {
  const limit = performance.now() + 60_000;
  while ((await ask(agent, port, host)) !== 404) {
    if (performance.now() > limit) throw new Error(`${host} was still served after a minute`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waves of 500 routes that are made and deleted: memory must not grow with what is gone. */
export async function benchChurn(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  mkdirSync(join(folder, 'routes'));
  const backend = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const { port: backendPort } = backend.address() as AddressInfo;
  writeFileSync(join(folder, 'base.yaml'), `${gatewayText(port)}---\n${serviceText('a', backendPort)}`);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const run = await startRun([folder], {
    ...runDefaults,
    admin: 'off',
    accessLog: 'off',
    drainTime: 0,
    concurrency: 1,
  });
  await run.ready;
  const rows = [['wave', 'heap after collection', 'resident']];
  try {
    for (let wave = 1; wave <= waves; wave++) {
      for (let index = 0; index < perWave; index++) {
        writeFileSync(join(folder, `routes/r${index}.yaml`), routeText(`${wave}x${index}`, 'a'));
      }
      await untilServed(agent, port, hostOf(`${wave}x${perWave - 1}`), performance.now());
      for (let index = 0; index < perWave; index++) rmSync(join(folder, `routes/r${index}.yaml`));
      await until404(agent, port, hostOf(`${wave}x${perWave - 1}`));
      collect();
      const { rss, heapUsed } = process.memoryUsage();
      rows.push([String(wave), `${(heapUsed / 2 ** 20).toFixed(1)} MiB`, `${(rss / 2 ** 20).toFixed(0)} MiB`]);
    }
  } finally {
    agent.destroy();
    await run.stop();
    backend.closeAllConnections();
    backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
  printTable(`${waves} waves of ${perWave} routes made and deleted`, rows);
}
