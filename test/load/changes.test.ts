import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatewayText, hostOf, routeText, serviceText } from '../../bench/world.ts';
import { startCommand, type RunningCommand } from '../cli/process.ts';
import { freePort } from '../envoy/envoy-under-test.ts';
import { until } from '../fixture/until.ts';
import { startLoadBackend, type LoadBackend } from './backend.ts';
import { startTraffic } from './traffic.ts';

let folder = '';
let backend: LoadBackend;
let port = 0;
let running: RunningCommand | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-load-'));
  mkdirSync(join(folder, 'routes'));
  backend = await startLoadBackend();
  port = await freePort();
});

afterEach(async () => {
  running?.child.kill('SIGTERM');
  await running?.ended;
  running = undefined;
  backend.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Moved into place, as editors and deployment tools do. */
function put(name: string, text: string): void {
  writeFileSync(join(folder, '.aside'), text);
  renameSync(join(folder, '.aside'), join(folder, name));
}

const staying = Array.from({ length: 20 }, (_, index) => `stay${index}`);

async function start(): Promise<void> {
  put('base.yaml', [gatewayText(port), serviceText('a', backend.port), serviceText('b', backend.port)].join('---\n'));
  for (const name of staying) put(`routes/${name}.yaml`, routeText(name, 'a'));
  running = startCommand(
    'run',
    folder,
    '--admin',
    'off',
    '--access-log',
    'off',
    '--log-format',
    'text',
    '--drain-time',
    '1',
  );
  await until('it serves', () => running?.stderr().includes('serving\n'), stderr);
}

function status(host: string): Promise<number> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', () => resolve(0));
  });
}

const stderr = () => running?.stderr();

const traffic = () => startTraffic({ port, hosts: staying.map(hostOf), perSecond: 150 });

describe('under traffic', () => {
  it('no request fails while routes and Services come, change and go', async () => {
    await start();
    const load = traffic();
    const started = performance.now();
    let round = 0;
    // Thirty changes may be over before much was sent.
    for (; round < 30 || performance.now() - started < 1_000; round++) {
      put(
        `routes/new${round}.yaml`,
        `${serviceText(`n${round}`, backend.port)}---\n${routeText(`new${round}`, `n${round}`)}`,
      );
      put(`routes/stay${round % 20}.yaml`, routeText(`stay${round % 20}`, round % 2 === 0 ? 'b' : 'a'));
      await until(`new${round} answers 200`, async () => (await status(hostOf(`new${round}`))) === 200, stderr);
      rmSync(join(folder, `routes/new${round}.yaml`));
    }
    const last = hostOf(`new${round - 1}`);
    await until(`${last} answers 404`, async () => (await status(last)) === 404, stderr);
    const { failures, sent } = await load.stop();
    expect(failures).toEqual([]);
    expect(Math.min(...Object.values(sent))).toBeGreaterThan(10);
  });

  it('no request fails while listeners come, change and go', async () => {
    await start();
    const second = await freePort();
    const load = traffic();
    const services = [serviceText('a', backend.port), serviceText('b', backend.port)];
    for (let round = 0; round < 5; round++) {
      const more = `    - {name: second, port: ${second}, protocol: HTTP, hostname: "h${round}.other.example"}\n`;
      put('base.yaml', [gatewayText(port) + more, ...services].join('---\n'));
      put('routes/marker.yaml', routeText(`with${round}`, 'a'));
      await until(`with${round} answers 200`, async () => (await status(hostOf(`with${round}`))) === 200, stderr);
      put('base.yaml', [gatewayText(port), ...services].join('---\n'));
      put('routes/marker.yaml', routeText(`without${round}`, 'a'));
      await until(`without${round} answers 200`, async () => (await status(hostOf(`without${round}`))) === 200, stderr);
    }
    expect((await load.stop()).failures).toEqual([]);
  });

  it('Envoy goes on serving while the control plane does not answer', async () => {
    await start();
    const load = traffic();
    const { pid } = running?.child ?? {};
    if (pid === undefined) throw new Error('not running');
    process.kill(pid, 'SIGSTOP');
    await new Promise<void>((resolve) => {
      // The stopped process is left alone for as long as another one takes to count.
      spawn('sh', ['-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']).once('close', () => resolve());
    });
    process.kill(pid, 'SIGCONT');
    put('routes/after.yaml', routeText('after', 'a'));
    await until('after answers 200', async () => (await status(hostOf('after'))) === 200, stderr);
    expect((await load.stop()).failures).toEqual([]);
  });
});
