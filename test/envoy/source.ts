import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that answers every request with a body that has no end, as fast as it is taken. */
export interface Source {
  readonly port: number;
  /** Whether nobody takes more of the last answer: what was written waits, and did so the last time too. */
  isHeldBack(): boolean;
  stop(): Promise<void>;
}

const block = Buffer.alloc(65_536, 'x');

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(block));
  if (!response.destroyed) response.once('drain', () => pour(response));
}

export async function startSource(): Promise<Source> {
  let last: ServerResponse | undefined;
  let taken = -1;
  const server = createServer((_request, response) => {
    last = response;
    pour(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // Listening on an address and port.
    port: (server.address() as AddressInfo).port,
    isHeldBack() {
      const written = last?.socket?.bytesWritten ?? -1;
      const same = written > 0 && written === taken && last?.writableNeedDrain === true;
      taken = written;
      return same;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
