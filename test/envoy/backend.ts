import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What a backend saw of a request. */
export interface Seen {
  readonly backend: string;
  readonly httpVersion: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Backend {
  readonly name: string;
  readonly port: number;
  /** All requests so far, oldest first. */
  readonly seen: readonly Seen[];
  stop(): Promise<void>;
}

/** What the backend answers with, by the path of the request; the default is 200. */
export type Answer = (
  seen: Seen,
  count: number,
) => { readonly status: number; readonly headers?: Record<string, string | string[]> };

/** A server on loopback that answers each request with a JSON account of it; `silent` never answers. */
export async function startBackend(
  name: string,
  protocol: 'http1' | 'h2c' | 'silent' = 'http1',
  answer?: Answer,
): Promise<Backend> {
  const seen: Seen[] = [];
  const account = (httpVersion: string, method: string, path: string, headers: IncomingHttpHeaders) => {
    const request: Seen = { backend: name, httpVersion, method, path, headers };
    seen.push(request);
    return { body: JSON.stringify(request), ...(answer?.(request, seen.length) ?? { status: 200 }) };
  };
  let server: Server | Http2Server;
  if (protocol === 'http1') {
    server = createServer((request, response) => {
      const { body, status, headers } = account(
        request.httpVersion,
        request.method ?? '',
        request.url ?? '',
        request.headers,
      );
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
  } else if (protocol === 'silent') {
    server = createServer(() => undefined);
  } else {
    server = createHttp2Server((request, response) => {
      const { body, status } = account(request.httpVersion, request.method, request.url, request.headers);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  }
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name,
    // A TCP server that listens has an address with a port.
    port: (server.address() as AddressInfo).port,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
