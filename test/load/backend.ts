import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a streamed response takes, in milliseconds, and in how many parts it comes. */
export const stream = { parts: 10, everyMs: 500 } as const;

/** A server that answers, streams for five seconds, and echoes what it gets after an upgrade. */
export interface LoadBackend {
  readonly port: number;
  close(): void;
}

function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** On a free port of 127.0.0.1 unless given. */
export async function startLoadBackend({ address = '127.0.0.1', port = 0 } = {}): Promise<LoadBackend> {
  const upgraded = new Set<Duplex>();
  const server: Server = createServer((request, response) => {
    if (request.url !== '/stream') {
      response.end('ok');
      return;
    }
    response.flushHeaders();
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      response.write('x');
      if (sent < stream.parts) return;
      clearInterval(timer);
      response.end();
    }, stream.everyMs);
    response.on('close', () => clearInterval(timer));
  });
  server.keepAliveTimeout = 120_000;
  server.on('upgrade', (request, socket) => {
    const accept = acceptKey(request.headers['sec-websocket-key'] ?? '');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('data', (bytes: Buffer) => socket.write(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => upgraded.delete(socket));
    upgraded.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}
