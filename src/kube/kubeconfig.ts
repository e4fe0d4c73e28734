import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Result, err, ok } from '../lib/result.ts';
import type { Credentials, Endpoint } from './endpoint.ts';
import { messageOf } from '../lib/error.ts';

/** Where to find the API server. Without a file: as kubectl does, then as a Pod does. */
export interface KubeconfigOptions {
  readonly file?: string;
  readonly context?: string;
}

/** The library's own form, for what only the library does. */
export async function loadRawKubeconfig(options: KubeconfigOptions): Promise<KubeConfig> {
  // It brings the models of the whole API along: only who talks to a cluster waits for that.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.file === undefined) config.loadFromDefault();
  else config.loadFromFile(options.file);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  // Plain HTTP has no certificate that could be checked, and the library refuses to go on while one is asked for.
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  );
  return config;
}

async function credentialsFrom(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, passphrase, rejectUnauthorized, servername, agent } = options;
  const headers: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value);
  if (typeof options.auth === 'string')
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const throughProxy = config.getCurrentCluster()?.proxyUrl !== undefined;
  return {
    headers,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername === undefined ? {} : { servername }),
    },
    ...(throughProxy && typeof agent === 'object' ? { proxy: agent } : {}),
  };
}

const nothingFound = 'no kubeconfig was found: name one with --kubeconfig or in KUBECONFIG';

function withoutCluster(config: KubeConfig, { file, context }: KubeconfigOptions): string {
  if (config.clusters.length === 0) return `${file ?? 'the kubeconfig'} names no cluster: is it a kubeconfig?`;
  const known = config.contexts.map(({ name }) => name).join(', ');
  const wanted = context ?? config.getCurrentContext();
  if (wanted === '') return `no current context is set: choose one with --context; there are ${known}`;
  return `there is no cluster for the context ${wanted}; there are ${known}`;
}

/** The API server that a kubeconfig, or the Pod that this runs in, names. The error says what is wrong with it. */
export async function loadKubeconfig(options: KubeconfigOptions = {}): Promise<Result<Endpoint, string>> {
  try {
    let config = await loadRawKubeconfig(options);
    const cluster = config.getCurrentCluster();
    if (cluster === null) return err(withoutCluster(config, options));
    // What the library makes up where it finds nothing at all.
    if (options.file === undefined && cluster.server === 'http://localhost:8080') return err(nothingFound);
    const server = new URL(cluster.server);
    const namespace = config.getContextObject(config.getCurrentContext())?.namespace?.trim() ?? '';
    return ok({
      server,
      namespace: namespace === '' ? 'default' : namespace,
      async credentials(renew) {
        if (renew) config = await loadRawKubeconfig(options);
        return credentialsFrom(config);
      },
    });
  } catch (error) {
    // The lines after the first show a piece of the file, and it may hold a token.
    return err(messageOf(error).split('\n', 1)[0] ?? '');
  }
}
