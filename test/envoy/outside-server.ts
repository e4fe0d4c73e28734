import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface OutsideRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Server name of the TLS connection, where there is one. */
  readonly serverName?: string;
}

/** A server on an address that stands for the outside, or for the inside. */
export interface OutsideServer {
  readonly port: number;
  readonly seen: readonly OutsideRequest[];
  /** TCP connections so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** Answers each request 200 with its address; with `tls` over TLS. Port 0 is one that is free. */
export async function startServer(address: string, tls?: ServerOptions, port = 0): Promise<OutsideServer> {
  const seen: OutsideRequest[] = [];
  const server: Server = (tls === undefined ? createServer : createTlsServer.bind(undefined, tls))() as Server;
  server.on('request', (request, response) => {
    const serverName =
      'servername' in request.socket && typeof request.socket.servername === 'string'
        ? { serverName: request.socket.servername }
        : {};
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, ...serverName });
    response.end(address);
  });
  const sockets = new Set<{ destroy(): void }>();
  let count = 0;
  server.on('connection', (socket) => {
    count += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return {
    // A TCP server that listens has an address with a port.
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => count,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
