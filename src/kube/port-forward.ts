import { request } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { err, ok, type Result } from '../lib/result.ts';
import { messageOf } from '../lib/error.ts';

/** A port that a Pod listens at, on its own loopback address. */
export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const timeoutMs = 15_000;

async function open(config: KubeConfig, { namespace, pod, port }: PodPort): Promise<Duplex> {
  const { PortForward } = await import('@kubernetes/client-node');
  const [received, sent] = [new PassThrough(), new PassThrough()];
  const socket: unknown = await new PortForward(config).portForward(namespace, pod, [port], received, null, sent);
  const duplex = Duplex.from({ readable: received, writable: sent });
  duplex.on('close', () => {
    // A WebSocket, of a library whose types do not come along.
    if (typeof socket === 'object' && socket !== null) (socket as { close(): void }).close();
  });
  // The request that goes through it tells.
  duplex.on('error', () => {});
  return duplex;
}

/** GETs JSON from a port of a Pod by way of the API server, which decides who may (pods/portforward). */
export async function getFromPod(config: KubeConfig, target: PodPort, path: string): Promise<Result<unknown, string>> {
  const where = `Pod ${target.namespace}/${target.pod}`;
  let duplex: Duplex | undefined;
  try {
    const opened = await open(config, target);
    duplex = opened;
    const text = await new Promise<string>((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const call = request({ path, signal, headers: { host: 'localhost' }, createConnection: () => opened });
      call.on('error', reject);
      call.on('response', (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 200 ? resolve(body) : reject(new Error(`answered ${response.statusCode}`)),
        );
      });
      call.end();
    });
    return ok(JSON.parse(text));
  } catch (error) {
    return err(`${where} can't be asked: ${messageOf(error)}`);
  } finally {
    duplex?.destroy();
  }
}
