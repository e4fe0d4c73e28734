import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';

/** A real Envoy that takes everything from a discovery server. */
export interface Proxy {
  /** GET of an admin path; status 0 when it cannot be reached. */
  readonly admin: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
  stop(): Promise<void>;
}

/** Waits until a condition holds, for at most 20 s. */
export async function until<T>(what: string, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(5)) {
    const value = await probe();
    if (value !== undefined) return value;
  }
  throw new Error(`waited too long until ${what}`);
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

function bootstrap(adsSocket: string, adminSocket: string): unknown {
  const source = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  const pipe = (path: string) => ({ pipe: { path } });
  return {
    node: { id: 'proxy-1', cluster: 'test' },
    admin: { address: pipe(adminSocket) },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: 'xds',
              retry_policy: { retry_back_off: { base_interval: '0.2s', max_interval: '1s' } },
            },
          },
        ],
      },
      cds_config: source,
      lds_config: source,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: pipe(adsSocket) } }] }],
          },
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        },
      ],
    },
  };
}

/** Starts Envoy against a server's Unix socket. */
export async function startProxy(adsSocket: string): Promise<Proxy> {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  const folder = await mkdtemp(join(tmpdir(), 'ads-proxy-'));
  const adminSocket = join(folder, 'admin');
  const config = join(folder, 'bootstrap.json');
  await writeFile(config, JSON.stringify(bootstrap(adsSocket, adminSocket)));
  const options = ['--concurrency', '1', '--use-dynamic-base-id', '-l', 'warning', '--log-path', join(folder, 'log')];
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
