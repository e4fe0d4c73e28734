import { createServer, type IncomingMessage, type Server } from 'node:http';
import { err, ok, type Result } from '../lib/result.ts';
import type { PlannedServer } from './server-plan.ts';

/** Servers that run until they are stopped. */
export interface ExampleServers {
  stop(): Promise<void>;
}

function describe({ name, address }: PlannedServer, request: IncomingMessage): string {
  return `${name} on ${address} got ${request.method} ${request.url}\n`;
}

/** Binds the address; the error is one line for people. */
export function listen(
  server: Server,
  address: string,
  port: number,
  what: string,
): Promise<Result<undefined, string>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken by another program' : `can't be bound: ${error.message}`;
      resolve(err(`${address}:${port}, which ${what} needs, ${why}.`));
    });
    server.listen(port, address, () => resolve(ok(undefined)));
  });
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Starts all servers, or none: where one can't be bound those that were are stopped again. */
export async function startExampleServers(plan: readonly PlannedServer[]): Promise<Result<ExampleServers, string>> {
  const started: Server[] = [];
  const stop = async () => {
    await Promise.all(started.map(close));
  };
  for (const planned of plan) {
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'text/plain');
      response.end(describe(planned, request));
    });
    const bound = await listen(server, planned.address, planned.port, `the example's server ${planned.name}`);
    if (!bound.ok) {
      await stop();
      return bound;
    }
    started.push(server);
  }
  return ok({ stop });
}

/** Checks that the Gateways will be able to bind their ports, to say so in one line before anything is started. */
export async function findTakenPort(
  address: string,
  ports: readonly { readonly gateway: string; readonly port: number }[],
): Promise<string | undefined> {
  for (const { gateway, port } of ports) {
    const server = createServer();
    const bound = await listen(server, address, port, `Gateway ${gateway}`);
    if (!bound.ok) return bound.error;
    await close(server);
  }
  return undefined;
}
