import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBootstrap } from '../../src/infra/bootstrap/bootstrap.ts';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';
import { until } from '../fixture/until.ts';

/** A real Envoy that takes everything from a discovery server. */
export interface Proxy {
  /** GET of an admin path; status 0 when it cannot be reached. */
  readonly admin: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
  stop(): Promise<void>;
}

export function httpGet(options: {
  port?: number;
  socketPath?: string;
  path: string;
}): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', agent: false, timeout: 5_000, ...options }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve({ status: 0, body }));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve({ status: 0, body: '' }));
  });
}

/** Ours, with all statistics: tests ask for those of clusters. */
function bootstrap(adsSocket: string, adminSocket: string, node: string): object {
  const discovery = { kind: 'Socket', path: adsSocket } as const;
  const limits = { maxConnections: 1_000, maxHeapBytes: 2 ** 30 };
  return { ...buildBootstrap({ node, discovery, adminSocket, ...limits }), stats_config: {} };
}

/** Starts Envoy against a server's Unix socket, or with a bootstrap that is made for its admin socket. */
export async function startProxy(
  source: string | ((adminSocket: string) => object),
  nodeId = 'proxy-1',
  moreOptions: readonly string[] = [],
): Promise<Proxy> {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  const folder = await mkdtemp(join(tmpdir(), 'ads-proxy-'));
  const adminSocket = join(folder, 'admin');
  const config = join(folder, 'bootstrap.json');
  const content = typeof source === 'string' ? bootstrap(source, adminSocket, nodeId) : source(adminSocket);
  await writeFile(config, JSON.stringify(content));
  const log = ['-l', 'warning', '--log-path', join(folder, 'log')];
  const options = ['--concurrency', '1', '--use-dynamic-base-id', ...log, ...moreOptions];
  const child = spawn(binary.value, ['-c', config, ...options], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const admin = (path: string) => httpGet({ socketPath: adminSocket, path });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('Envoy answers', async () => {
      if (child.exitCode !== null) throw new Error(await readFile(join(folder, 'log'), 'utf8'));
      return (await admin('/server_info')).status === 200 ? true : undefined;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { admin, stop };
}
