import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { askAdmin } from './admin-client.ts';
import { findEnvoyBinary } from './envoy-binary.ts';
import { createHost, type Host } from './host.ts';
import { startTimeOf } from './stale.ts';

const binary = findEnvoyBinary();
const hosts: Host[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function startHost(gateways: readonly string[]): Host {
  if (!binary.ok) throw new Error(binary.error);
  const host = createHost({
    binary: binary.value,
    concurrency: 1,
    maxConnections: 100,
    maxHeapBytes: 512 * 1024 * 1024,
    drainMs: 1_000,
    log: pino({ level: 'silent' }),
    serveXds: async () => async () => {},
    accessLog: () => {},
  });
  hosts.push(host);
  host.apply(gateways);
  return host;
}

function runningPid(host: Host, gateway: string): number | undefined {
  const state = host.envoys().find((envoy) => envoy.gateway === gateway)?.state;
  return state?.kind === 'Running' ? state.pid : undefined;
}

/** Waits until the Envoy answers on its admin socket, which it does only after it accepted its bootstrap. */
async function answeringPid(host: Host, gateway: string): Promise<number> {
  return await vi.waitFor(
    async () => {
      const envoy = host.envoys().find((one) => one.gateway === gateway);
      const pid = runningPid(host, gateway);
      if (envoy === undefined || pid === undefined) throw new Error(`${gateway} does not run`);
      expect((await askAdmin(envoy.adminSocket, 'GET', '/server_info')).status).toBe(200);
      return pid;
    },
    { timeout: 30_000, interval: 20 },
  );
}

const untilGone = (pid: number) =>
  vi.waitFor(() => expect(startTimeOf(pid)).toBeUndefined(), { timeout: 30_000, interval: 20 });

test('Envoy accepts the bootstrap, and without a control plane it is not ready', async () => {
  const host = startHost(['shop/public']);
  await answeringPid(host, 'shop/public');
  expect(await host.notReady()).toEqual(['shop/public']);
});

test('an Envoy that is killed is started again, and the others are not touched', async () => {
  const host = startHost(['shop/a', 'shop/b']);
  const [a, b] = await Promise.all([answeringPid(host, 'shop/a'), answeringPid(host, 'shop/b')]);
  process.kill(a, 'SIGKILL');
  await vi.waitFor(() => expect(runningPid(host, 'shop/a') ?? a).not.toBe(a), { timeout: 30_000, interval: 20 });
  await answeringPid(host, 'shop/a');
  expect(runningPid(host, 'shop/b')).toBe(b);
});

test('a Gateway that goes takes its Envoy with it, and only that one', async () => {
  const host = startHost(['shop/a', 'shop/b']);
  const [a, b] = await Promise.all([answeringPid(host, 'shop/a'), answeringPid(host, 'shop/b')]);
  host.apply(['shop/b']);
  await untilGone(a);
  expect(runningPid(host, 'shop/b')).toBe(b);
});

test('stopping leaves no process and no file', async () => {
  const host = startHost(['shop/a']);
  const pid = await answeringPid(host, 'shop/a');
  const folder = dirname(dirname(host.envoys()[0]?.adminSocket ?? ''));
  expect(existsSync(folder)).toBe(true);
  await host.stop();
  expect(startTimeOf(pid)).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
});

test('the Envoys of a run that is killed end with it, and so do its files', async () => {
  if (!binary.ok) throw new Error(binary.error);
  const program = `
    import pino from 'pino';
    import { createHost } from ${JSON.stringify(new URL('host.ts', import.meta.url).href)};
    const host = createHost({ binary: ${JSON.stringify(binary.value)}, concurrency: 1, maxConnections: 100,
      maxHeapBytes: 536870912, drainMs: 1000, log: pino({ level: 'silent' }),
      serveXds: async () => async () => {}, accessLog: () => {} });
    host.apply(['shop/a']);
    setInterval(() => {
      const [envoy] = host.envoys();
      if (envoy?.state.kind === 'Running') console.log(envoy.state.pid + ' ' + envoy.adminSocket);
    }, 20);`;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const run = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(run);
  const line = await new Promise<string>((resolve, reject) => {
    run.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().split('\n')[0] ?? ''));
    run.once('exit', () => reject(new Error('the run ended early')));
  });
  const [pid = '', adminSocket = ''] = line.split(' ');
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('bootstrap.json');
  run.kill('SIGKILL');
  await untilGone(Number(pid));
  const folder = dirname(dirname(adminSocket));
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 30_000, interval: 20 });
});
