import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../envoy/envoy-under-test.ts';
import { until as waitUntil } from '../fixture/until.ts';
import { startCommand, type RunningCommand } from './process.ts';

let folder = '';
let backend: Server;
let port = 0;
let adminPort = 0;
let running: RunningCommand | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-files-'));
  backend = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  port = await freePort();
  adminPort = await freePort();
});

afterEach(async () => {
  if (running !== undefined) {
    running.child.kill('SIGTERM');
    await running.ended;
  }
  running = undefined;
  backend.closeAllConnections();
  backend.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function base(): string {
  const { port: backendPort } = backend.address() as AddressInfo;
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: sallyport
  listeners: [{name: http, port: ${port}, protocol: HTTP}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: ${backendPort}}]
endpoints: [{addresses: [127.0.0.1]}]
`;
}

function route(name: string, path = '/'): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}}
spec:
  parentRefs: [{name: gw}]
  hostnames: [${name}.example]
  rules:
    - matches: [{path: {type: PathPrefix, value: ${path}}}]
      backendRefs: [{name: web, port: 80}]
`;
}

function ask(url: string, host?: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve) => {
    const headers = host === undefined ? {} : { host };
    get(url, { headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', () => resolve({ status: 0, body: '' }));
  });
}

const status = async (host: string, path = '/') => (await ask(`http://127.0.0.1:${port}${path}`, host)).status;
const admin = async (path: string) => (await ask(`http://127.0.0.1:${adminPort}${path}`)).body;

/** Waits, and shows what the command said where that took too long. */
const until = (what: string, condition: () => Promise<boolean> | boolean) =>
  waitUntil(what, condition, () => running?.stderr());

async function start(): Promise<RunningCommand> {
  running = startCommand(
    'run',
    folder,
    '--admin',
    `127.0.0.1:${adminPort}`,
    '--log-format',
    'text',
    '--drain-time',
    '1',
  );
  await until('serving', () => running?.stderr().includes('serving\n') === true);
  return running;
}

function processesOf(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

describe('run', () => {
  it('follows the folder: new, changed, replaced, renamed and deleted files', async () => {
    write('base.yaml', base());
    write('a.yaml', route('a'));
    await start();
    await until('a', async () => (await status('a.example')) === 200);
    write('b.yaml', route('b'));
    await until('b', async () => (await status('b.example')) === 200);
    write('.b.tmp', route('b', '/only'));
    renameSync(join(folder, '.b.tmp'), join(folder, 'b.yaml'));
    await until(
      'b moved',
      async () => (await status('b.example')) === 404 && (await status('b.example', '/only')) === 200,
    );
    renameSync(join(folder, 'b.yaml'), join(folder, 'c.yaml'));
    unlinkSync(join(folder, 'a.yaml'));
    await until('a gone', async () => (await status('a.example')) === 404);
    expect(await status('b.example', '/only')).toBe(200);
  });

  it('keeps serving through everything that can be wrong with a file, and tells it once', async () => {
    write('base.yaml', base());
    write('a.yaml', route('a'));
    const command = await start();
    await until('a', async () => (await status('a.example')) === 200);
    write('a.yaml', route('a').slice(0, 100));
    write('unknown.yaml', 'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRuote\nmetadata: {name: x}\n');
    write('field.yaml', route('field').replace('hostnames', 'hostnmaes'));
    write('nowhere.yaml', route('nowhere').replace('name: web', 'name: nowhere'));
    write('duplicate.yaml', route('nowhere'));
    write('regex.yaml', route('regex', '/(').replace('PathPrefix', 'RegularExpression'));
    write('large.yaml', `#${'x'.repeat(11 * 1024 * 1024)}\n`);
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    symlinkSync('.', join(folder, 'self'));
    write('good.yaml', route('good'));
    await until('good', async () => (await status('good.example')) === 200);
    expect(await status('a.example')).toBe(200);
    for (const reason of [
      'MalformedYaml',
      'DuplicateObject',
      'FileTooLarge',
      'SymlinkLoop',
      'HTTPRuote',
      'hostnmaes',
      'RE2',
    ]) {
      await until(reason, () => command.stderr().includes(reason));
    }
    expect(command.stderr().match(/MalformedYaml/g)).toHaveLength(1);
    write('a.yaml', route('a'));
    await until('settled', () => command.stderr().includes('settled MalformedYaml'));
    expect(command.child.exitCode).toBeNull();
  });

  it('shows health, metrics and dumps on its admin port, without secrets', async () => {
    write('base.yaml', base());
    write('a.yaml', route('a'));
    write('secret.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: very-secret}\n');
    await start();
    expect(await admin('/healthz')).toBe('ok\n');
    await until('ready', async () => (await admin('/readyz')) === 'ready\n');
    const metrics = await admin('/metrics');
    expect(metrics).toMatch(/sallyport_objects\{kind="HTTPRoute"\} 1/);
    expect(metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length).toBeLessThan(500);
    for (const path of [
      '/dump/snapshot',
      '/dump/ir',
      '/dump/xds?gateway=default/gw',
      '/proxies',
      '/statuses',
      '/findings',
    ]) {
      const body = await admin(path);
      expect(() => JSON.parse(body) as unknown, path).not.toThrow();
      expect(body).not.toContain('very-secret');
      expect(body).not.toContain(Buffer.from('very-secret').toString('base64'));
    }
    expect(await admin('/proxies')).toContain('"kind": "Running"');
    expect((await ask(`http://127.0.0.1:${adminPort}/healthz`, 'evil.example')).status).toBe(403);
  });

  it('writes an access log with the names of route and rule', async () => {
    write('base.yaml', base());
    write('a.yaml', route('a'));
    const command = await start();
    await until('a', async () => (await status('a.example', '/x')) === 200);
    await until('access log', () => command.stdout().includes('"path":"/x"'));
    const line =
      command
        .stdout()
        .split('\n')
        .find((text) => text.includes('"path":"/x"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      route: 'HTTPRoute/default/a/0/0',
      origin: 'HTTPRoute/default/a',
      cluster: 'default/web:80',
    });
  });

  it('says whose port is taken, and serves there once it is free', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve));
    write('base.yaml', base());
    write('a.yaml', route('a'));
    running = startCommand('run', folder, '--admin', 'off', '--log-format', 'text', '--drain-time', '1');
    await until('told', () => running?.stderr().includes(`127.0.0.1:${port} is taken by another program`) === true);
    expect(running.stderr()).toContain('Gateway default/gw');
    await new Promise((resolve) => blocker.close(resolve));
    await until('a', async () => (await status('a.example')) === 200);
  });

  it('leaves nothing behind when it stops', async () => {
    const before = new Set(readdirSync(tmpdir()).filter((name) => name.startsWith('sallyport-run-')));
    write('base.yaml', base());
    const command = await start();
    const own = readdirSync(tmpdir()).filter((name) => name.startsWith('sallyport-run-') && !before.has(name));
    expect(own.length).toBeGreaterThan(0);
    command.child.kill('SIGINT');
    expect((await command.ended).code).toBe(0);
    for (const name of own) {
      expect(existsSync(join(tmpdir(), name))).toBe(false);
      expect(processesOf(name)).toEqual([]);
    }
  });
});
