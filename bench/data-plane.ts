import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEnvoyBinary } from '../src/infra/host/envoy-binary.ts';
import { runDefaults, startRun } from '../src/cli/command/run.ts';
import { createLineReader } from '../src/infra/host/envoy-log.ts';
import { cpuMsOf } from './control-plane.ts';
import { freePort } from './free-port.ts';
import { handWrittenEnvoy } from './hand-written-envoy.ts';
import { percentile, untilServed } from './probe.ts';
import { printTable } from './table.ts';
import { gatewayText, hostOf, routeText, serviceText } from './world.ts';

const rounds = 8;
const roundMs = 3_000;
const connections = 8;

interface Round {
  readonly requests: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
}

/** Requests as fast as they are answered, over a few kept connections, as raw bytes so that the client costs little. */
async function load(port: number, host: string, envoyPid: number): Promise<Round> {
  const text = `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
  const times: number[] = [];
  const until = performance.now() + roundMs;
  const cpuBefore = cpuMsOf(envoyPid);
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let sent = 0;
      const send = () => {
        sent = performance.now();
        socket.write(text);
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('close', () => resolve());
      let rest = '';
      socket.on('data', (bytes: Buffer) => {
        rest += bytes.toString('latin1');
        const head = rest.indexOf('\r\n\r\n');
        if (head === -1 || rest.length < head + 4 + 2) return;
        if (!rest.startsWith('HTTP/1.1 200')) reject(new Error(rest.slice(0, 40)));
        rest = '';
        const now = performance.now();
        times.push(now - sent);
        if (now > until) socket.destroy();
        else send();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  const cpuUs = ((cpuMsOf(envoyPid) - cpuBefore) * 1000) / times.length;
  return { requests: times.length / (roundMs / 1000), p99Ms: percentile(times, 0.99), cpuUs };
}

/** Its output is read as that of the other one is, line by line. */
function startHandWritten(folder: string, port: number, backendPort: number): ChildProcess {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  const file = join(folder, 'envoy.json');
  writeFileSync(file, JSON.stringify(handWrittenEnvoy(port, backendPort)));
  const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
  const child = spawn(binary.value, [...args, '--file-flush-interval-msec', '200'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.on(
    'data',
    createLineReader(() => {}),
  );
  return child;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

interface Side {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly rounds: Round[];
}

function printSides(sides: readonly Side[]): void {
  const rows = [['Envoy', 'requests/s', 'p99', 'CPU a request']];
  for (const { name, rounds: measured } of sides) {
    rows.push([
      name,
      median(measured.map(({ requests }) => requests)).toFixed(0),
      `${median(measured.map(({ p99Ms }) => p99Ms)).toFixed(2)} ms`,
      `${median(measured.map(({ cpuUs }) => cpuUs)).toFixed(1)} µs`,
    ]);
  }
  const [ours, theirs] = sides;
  if (ours !== undefined && theirs !== undefined) {
    // Round against round, as the machine is not the same from one minute to the next.
    const ratios = (of: (round: Round) => number) =>
      ours.rounds.map((round, i) => of(round) / of(theirs.rounds[i] ?? round));
    rows.push([
      'ratio',
      median(ratios(({ requests }) => requests)).toFixed(3),
      median(ratios(({ p99Ms }) => p99Ms)).toFixed(3),
      median(ratios(({ cpuUs }) => cpuUs)).toFixed(3),
    ]);
  }
  printTable(`The same requests through both, ${rounds} rounds in turns of ${roundMs / 1000} s`, rows);
}

/** What Envoy does with our configuration, against one written by hand with the same access log and overload manager. */
export async function benchDataPlane(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const backend = createServer((_, response) => response.end('ok'));
  backend.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port: backendPort } = backend.address() as AddressInfo;
  const port = await freePort();
  const otherPort = await freePort();
  const agent = new Agent({ keepAlive: true });
  writeFileSync(
    join(folder, 'all.yaml'),
    [gatewayText(port), serviceText('a', backendPort), routeText('a', 'a')].join('---\n'),
  );
  const run = await startRun([folder], {
    ...runDefaults,
    admin: 'off',
    accessLog: 'off',
    drainTime: 0,
    concurrency: 1,
  });
  const other = startHandWritten(folder, otherPort, backendPort);
  try {
    await run.ready;
    for (const to of [port, otherPort]) await untilServed(agent, to, hostOf('a'), performance.now());
    const [envoy] = run.standalone.envoys();
    if (envoy?.state.kind !== 'Running' || other.pid === undefined) throw new Error('an Envoy does not run');
    const sides: readonly Side[] = [
      { name: 'Sallyport', port, pid: envoy.state.pid, rounds: [] },
      { name: 'by hand', port: otherPort, pid: other.pid, rounds: [] },
    ];
    for (let round = 0; round < rounds; round++) {
      // Who goes first changes, so that neither has the quieter half of the machine.
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        side.rounds.push(await load(side.port, hostOf('a'), side.pid));
      }
    }
    printSides(sides);
  } finally {
    other.kill('SIGTERM');
    agent.destroy();
    await run.stop();
    backend.closeAllConnections();
    backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
